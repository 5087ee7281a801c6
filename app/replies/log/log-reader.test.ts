import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { createLayout } from "~/store/documents/layout";
import { createVolume } from "~/store/volume/volume";
import { KEY } from "../../../tests/fixtures/store/store-conversation";
import {
  interceptedFileSystem,
  systemError,
  type Intercept,
} from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createTestEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { createWordsReader } from "./log-content";
import { createLogReader } from "./log-reader";
import { createWordsCodec, formatHead, formatReply, formatWords, WHOLE, type LoggedReply } from "./log-lines";

const INSTANCE = "node.boot";
const reply: LoggedReply = { sessionHash: KEY, replyId: "a-reply", epoch: 1 };
const codec = createWordsCodec(createTestEncryptor(false), reply);
const word = (delta: string): ReplyChunk => ({ type: "text-delta", id: "t", delta });
const line = (first: number, delta: string) => formatWords(1, codec.format(first, [word(delta)]));

let layout: ReturnType<typeof createLayout>;
let folder: string;
beforeEach(() => {
  layout = createLayout(temporaryFolder());
  folder = layout.replyLog(INSTANCE);
  mkdirSync(folder, { recursive: true });
});

const path = (segment: number) => join(folder, `${segment}.ndjson`);

/** Begins a segment that repeats `words`. */
const writeSegment = (segment: number, ...words: string[]) =>
  writeFileSync(
    path(segment),
    [
      formatHead(INSTANCE, segment),
      formatReply(1, reply),
      ...words.map((each, index) => line(index + 1, each)),
      WHOLE,
    ].join(""),
  );

function open(intercept: Intercept = (_, proceed) => proceed()) {
  const damage: string[] = [];
  const volume = createVolume({ fs: interceptedFileSystem(intercept) });
  const reader = createLogReader({
    volume,
    layout,
    instance: INSTANCE,
    onDamage: ({ fileName, reason }) => damage.push(`${fileName}: ${reason}`),
  });
  const text = () => {
    const words = reader.find(reply);
    return (
      words &&
      createWordsReader(words, codec)
        .readMore()
        .map((chunk) => ("delta" in chunk ? chunk.delta : ""))
        .join("")
    );
  };
  return { reader, text, damage };
}

describe("a reader of a log", () => {
  test("reads what was appended since, in the segment that it knows and in later ones", async () => {
    const { reader, text } = open();
    writeSegment(1, "a");
    await reader.refresh();
    expect(text()).toBe("a");
    appendFileSync(path(1), line(2, "b"));
    await reader.refresh();
    expect(text()).toBe("ab");
    writeSegment(2, "a", "b");
    appendFileSync(path(2), line(3, "c"));
    await reader.refresh();
    expect(text()).toBe("abc");
  });

  test("that begins late needs no segment that was removed", async () => {
    writeSegment(7, "a", "b", "c");
    const { reader, text } = open();
    await reader.refresh();
    expect(text()).toBe("abc");
    expect(reader.running()).toEqual([reply]);
  });

  test("finds no reply any more where no segment is left, and those of segments that come later", async () => {
    const { reader, text } = open();
    writeSegment(1, "a");
    await reader.refresh();
    rmSync(path(1));
    await reader.refresh();
    expect([reader.find(reply), reader.running()]).toEqual([null, []]);
    writeSegment(2, "a", "b");
    await reader.refresh();
    expect(text()).toBe("ab");
  });

  test("that finds only a torn beginning goes on with the segment after it", async () => {
    const { reader, text, damage } = open();
    writeSegment(1, "a", "b");
    await reader.refresh();
    writeFileSync(path(2), `${formatHead(INSTANCE, 2)}${formatReply(1, reply)}${line(1, "a").slice(0, -5)}`);
    await reader.refresh();
    expect(text()).toBe("ab");
    writeSegment(3, "a", "b", "c");
    await reader.refresh();
    expect(text()).toBe("abc");
    expect(damage).toEqual([]);
  });

  test.each(["before it is opened", "while it is being read"])(
    "loses nothing where a segment vanishes %s",
    async (when) => {
      writeSegment(1, "a", "b");
      let isVanishing = true;
      const name = when === "before it is opened" ? "open" : "read";
      const { reader, text } = open(async (call, proceed) => {
        if (isVanishing && call.name === name && call.path === path(1)) {
          isVanishing = false;
          writeSegment(2, "a", "b", "c");
          rmSync(path(1));
          if (name === "read") throw systemError("ESTALE", call);
        }
        return proceed();
      });
      await reader.refresh();
      expect(isVanishing).toBe(false);
      expect(text()).toBe("abc");
    },
  );

  test("rejects where a listed segment cannot be found again and again, and reads it later", async () => {
    writeSegment(1, "a");
    let isGone = true;
    const { reader, text } = open(async (call, proceed) => {
      if (isGone && call.name === "open" && call.path === path(1)) throw systemError("ESTALE", call);
      return proceed();
    });
    await expect(reader.refresh()).rejects.toThrow("-116");
    isGone = false;
    await reader.refresh();
    expect(text()).toBe("a");
  });

  test("passes over what is no file, and rejects what it may not read", async () => {
    writeSegment(1, "a");
    mkdirSync(path(2));
    const { reader, text, damage } = open(async (call, proceed) => {
      if (call.name === "open" && call.path === path(3)) throw systemError("EACCES", call);
      return proceed();
    });
    await reader.refresh();
    expect(text()).toBe("a");
    writeSegment(3, "a", "b");
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(reader.refresh()).rejects.toMatchObject({ code: "EACCES" });
    expect(damage).toEqual([
      `${INSTANCE}/2.ndjson: it cannot be read (EISDIR)`,
      `${INSTANCE}/3.ndjson: it cannot be read (EACCES)`,
    ]);
  });

  test("reports a segment with damaged lines once, and reads its other lines", async () => {
    writeSegment(1, "a");
    appendFileSync(path(1), "}\n{\n");
    appendFileSync(path(1), line(2, "b"));
    const { reader, text, damage } = open();
    await reader.refresh();
    await reader.refresh();
    expect(damage).toEqual([`${INSTANCE}/1.ndjson: it has a malformed line`]);
    expect(text()).toBe("ab");
  });

  test("begins anew in a folder that was removed and made again", async () => {
    writeSegment(5, "a", "b");
    const { reader, text } = open();
    await reader.refresh();
    rmSync(folder, { recursive: true });
    await reader.refresh();
    mkdirSync(folder);
    writeFileSync(path(1), `${formatHead(INSTANCE, 1)}${WHOLE}`);
    await reader.refresh();
    expect(text()).toBeNull();
  });
});

describe("a refresh", () => {
  test("has read what was there when it was called, also while another one is under way", async () => {
    writeSegment(1, "a");
    const held = Promise.withResolvers<void>();
    const reading = Promise.withResolvers<void>();
    let isFirst = true;
    const { reader, text } = open(async (call, proceed) => {
      const result = await proceed();
      if (call.name !== "read" || !isFirst) return result;
      isFirst = false;
      reading.resolve();
      await held.promise;
      return result;
    });
    const first = reader.refresh();
    await reading.promise;
    appendFileSync(path(1), line(2, "b"));
    const [second, third] = [reader.refresh(), reader.refresh()];
    expect(third).toBe(second);
    held.resolve();
    await Promise.all([first, second]);
    expect(text()).toBe("ab");
  });

  test("tells its listeners after a listing that came after the words", async () => {
    writeSegment(1);
    const { reader, text } = open(async (call, proceed) => {
      const result = await proceed();
      // Left between the read and the listing that follows it.
      if (call.name === "read") writeFileSync(join(folder, "a-reply.4.note"), "");
      return result;
    });
    appendFileSync(path(1), line(1, "a"));
    const heard: unknown[] = [];
    const stop = reader.onRefresh(() =>
      heard.push([text(), reader.notedRev("a-reply"), reader.notedRev("b")]),
    );
    await reader.refresh();
    expect(heard).toEqual([["a", 4, 0]]);
    stop();
    await reader.refresh();
    expect(heard).toHaveLength(1);
  });

  test("of a log that does not exist finds nothing", async () => {
    rmSync(folder, { recursive: true });
    const { reader, text } = open();
    await reader.refresh();
    expect([reader.running(), text(), reader.notedRev("a-reply")]).toEqual([[], null, 0]);
  });
});
