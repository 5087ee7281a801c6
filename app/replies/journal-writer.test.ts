import { appendFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { AppendLog } from "~/store/volume/append-log";
import { createVolume } from "~/store/volume/volume";
import { plainLines } from "./journal-lines";
import { createJournalReader, readJournal } from "./journal-reader";
import { createJournalLogFrom, createJournalWriter } from "./journal-writer";

const delta = (text: string): ReplyChunk => ({ type: "text-delta", id: "0", delta: text });

/** A file whose appends end when the test says so. */
function controlledLog() {
  const appended: { bytes: string; land: () => void; fail: (error: Error) => void }[] = [];
  const log: AppendLog = {
    append: (bytes) => new Promise((land, fail) => appended.push({ bytes, land, fail })),
    close: () => Promise.resolve(),
  };
  return { log, appended };
}

describe("the journal writer", () => {
  it("appends the first chunk at once, and the chunks that come meanwhile in one append", async () => {
    const { log, appended } = controlledLog();
    const durable: ReplyChunk[][] = [];
    const journal = createJournalWriter({
      log,
      lines: plainLines,
      flushMs: () => 0,
      onDurable: (chunks) => void durable.push(chunks),
      onFailure: () => {},
    });
    journal.write(delta("a"));
    await expect.poll(() => appended.length).toBe(1);
    journal.write(delta("b"));
    journal.write(delta("c"));
    expect(appended).toHaveLength(1);
    expect(durable).toEqual([]);
    appended[0]!.land();
    const flushed = journal.flush();
    await expect.poll(() => appended.length).toBe(2);
    appended[1]!.land();
    await flushed;
    expect(durable).toEqual([[delta("a")], [delta("bc")]]);
  });

  it("after a failed append writes nothing more, reports it once, and calls no chunk durable", async () => {
    const { log, appended } = controlledLog();
    const durable: ReplyChunk[][] = [];
    const failures: unknown[] = [];
    const journal = createJournalWriter({
      log,
      lines: plainLines,
      flushMs: () => 0,
      onDurable: (chunks) => void durable.push(chunks),
      onFailure: (error) => failures.push(error),
    });
    journal.write(delta("a"));
    await expect.poll(() => appended.length).toBe(1);
    journal.write(delta("b"));
    appended[0]!.fail(new Error("no space"));
    await journal.flush();
    journal.write(delta("c"));
    await journal.close();
    expect(failures).toHaveLength(1);
    expect(durable).toEqual([]);
    expect(appended).toHaveLength(1);
  });

  it("reports a line that cannot be formatted like a failed append", async () => {
    const { log, appended } = controlledLog();
    const failures: unknown[] = [];
    const unheld = new Error("nobody holds the key");
    const format = () => {
      throw unheld;
    };
    const journal = createJournalWriter({
      log,
      lines: { format },
      flushMs: () => 0,
      onDurable: () => {},
      onFailure: (error) => failures.push(error),
    });
    journal.write(delta("a"));
    await journal.close();
    expect([failures, appended]).toEqual([[unheld], []]);
  });
});

describe("the pace of the journal writer", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function pacedJournal() {
    const { log, appended } = controlledLog();
    const journal = createJournalWriter({
      log,
      lines: plainLines,
      flushMs: () => 50,
      onDurable: () => {},
      onFailure: () => {},
    });
    return { journal, appended, passes: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
  }

  it("does not delay the first words after an append without words", async () => {
    const { journal, appended, passes } = pacedJournal();
    journal.write({ type: "start", messageId: "m" });
    await passes(1);
    appended[0]!.land();
    journal.write({ type: "text-start", id: "0" });
    journal.write(delta("a"));
    await passes(1);
    expect(appended.map(({ bytes }) => bytes.split("\n").length - 1)).toEqual([1, 2]);
  });

  it.each([
    { took: 10, next: 50 },
    { took: 40, next: 80 },
    { took: 200, next: 250 },
  ])("after an append of $took ms begins the next one $next ms after its start", async ({ took, next }) => {
    const { journal, appended, passes } = pacedJournal();
    journal.write(delta("a"));
    await passes(0);
    journal.write(delta("b"));
    await passes(took);
    appended[0]!.land();
    await passes(next - took - 2);
    expect(appended).toHaveLength(1);
    await passes(2);
    expect(appended).toHaveLength(2);
  });
});

describe("the journal reader", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "holdfast-journal-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("returns the written chunks, as far as their lines are complete", async () => {
    const path = join(folder, "r.1.ndjson");
    const volume = createVolume();
    const journal = createJournalWriter({
      lines: plainLines,
      log: await volume.createLog(path),
      flushMs: () => 0,
      onDurable: () => {},
      onFailure: (error) => {
        throw error;
      },
    });
    const chunks = [delta("a\nb"), { type: "text-end", id: "0" } as const, delta("ü😀")];
    for (const chunk of chunks) journal.write(chunk);
    await journal.close();
    expect(await readJournal(volume, path, plainLines)).toEqual(chunks);
    await appendFile(path, JSON.stringify(delta("cut off")).slice(0, -3));
    expect(await readJournal(volume, path, plainLines)).toEqual(chunks);
    await appendFile(path, `\nnot json\n${JSON.stringify(delta("after damage"))}\n`);
    expect(await readJournal(volume, path, plainLines)).toEqual(chunks);
  });

  it("continues where it stopped, and never in the middle of a line", async () => {
    const path = join(folder, "r.1.ndjson");
    const reader = createJournalReader(createVolume(), path, plainLines);
    expect(await reader.readMore()).toEqual([]);
    const lines = [delta("a"), delta("ü😀"), delta("c")].map((chunk) => `${JSON.stringify(chunk)}\n`);
    const bytes = Buffer.from(lines.join(""));
    const seen: ReplyChunk[] = [];
    for (const [index] of bytes.entries()) {
      await appendFile(path, bytes.subarray(index, index + 1));
      seen.push(...(await reader.readMore()));
    }
    expect(seen).toEqual([delta("a"), delta("ü😀"), delta("c")]);
  });

  it("finds the chunks of an earlier journal at the beginning of the next, all or none", async () => {
    const volume = createVolume();
    const path = join(folder, "r.2.ndjson");
    const log = await createJournalLogFrom(
      volume,
      path,
      join(folder, "x.tmp"),
      [delta("a"), delta("b")],
      plainLines,
    );
    expect(await readJournal(volume, path, plainLines)).toEqual([delta("a"), delta("b")]);
    await log.append(`${JSON.stringify(delta("c"))}\n`);
    await log.close();
    expect(await readJournal(volume, path, plainLines)).toEqual([delta("a"), delta("b"), delta("c")]);
    expect(await readdir(folder)).toEqual(["r.2.ndjson"]);
    await expect(
      createJournalLogFrom(volume, path, join(folder, "y.tmp"), [], plainLines),
    ).rejects.toMatchObject({
      code: "EEXIST",
    });
    expect(await readdir(folder)).toEqual(["r.2.ndjson"]);
  });

  it("returns nothing where there is no journal", async () => {
    expect(await readJournal(createVolume(), join(folder, "none.ndjson"), plainLines)).toEqual([]);
  });
});
