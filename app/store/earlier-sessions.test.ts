import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { partialParts } from "~/conversation/calls/decide-call";
import { NEWEST_FORMAT } from "~/conversation/session/formats";
import type { Message, Part } from "~/conversation/session/session";
import { createLogReaders } from "~/replies/log/log-readers";
import { realClocks } from "~/clocks";
import { copyOfVolume, EARLIER, filesIn } from "../../tests/fixtures/store/stored-files";
import { append, createTestStore } from "../../tests/fixtures/store/store-conversation";
import { testEncryptor } from "../../tests/fixtures/store/test-encryptor";

/**
 * Sessions as the versions before tools, before the queue and with it have written them, in the middle of an answer, of a
 * decision and at rest; and nodes with the older limits of formats.
 */
type Expected = Record<string, { sessionHash: string; format: number; messages?: Message[]; waits?: Part[] }>;

const root = fileURLToPath(new URL("../../tests/fixtures/store/formats/", import.meta.url));
const expectedOf = (name: string) =>
  JSON.parse(readFileSync(join(root, name, "expected.json"), "utf8")) as Expected;

describe.each(EARLIER)("sessions of the version %s", (name) => {
  const expected = expectedOf(name);

  test.each(Object.keys(expected))(
    "open as they were written, and take the next commit: %s",
    async (which) => {
      const { sessionHash, messages, waits } = expected[which]!;
      const dataDir = copyOfVolume(name);
      const before = filesIn(dataDir);
      const { store, damaged } = createTestStore(dataDir);
      const { session, rev } = (await store.read(sessionHash))!;
      if (messages) expect(session.messages).toEqual(messages);
      if (waits) expect(partialParts(session)).toEqual(waits);
      expect(filesIn(dataDir)).toEqual(before);
      await store.update(sessionHash, append("next"));
      expect((await store.read(sessionHash))!.rev).toBe(rev + 1);
      expect(damaged).toEqual([]);
    },
  );

  test("have the words of a running answer in a log that is read", async () => {
    const dataDir = copyOfVolume(name);
    const { store, layout, volume } = createTestStore(dataDir);
    const { sessionHash } = expected.running!;
    const { id, epoch, node } = (await store.read(sessionHash))!.session.reply!;
    const log = { warn: (_: object, message: string) => expect.unreachable(message) };
    const readers = createLogReaders({ volume, layout, encryptor: testEncryptor, ...realClocks, log });
    const chunks = await readers.read(node!, { sessionHash, replyId: id, epoch });
    expect(chunks.filter(({ type }) => type === "text-delta").length).toBeGreaterThan(1);
  });
});

describe.each([5, 6])("a node that knows formats up to %i", (limit) => {
  // The older modules, too, are none of the next tests' in this thread.
  afterEach(() => {
    vi.doUnmock("~/conversation/session/formats");
    vi.resetModules();
  });

  test("refuses what is newer, changes nothing of it, and takes none for damaged", async () => {
    vi.resetModules();
    vi.doMock("~/conversation/session/formats", async (original) => ({
      ...(await original<object>()),
      NEWEST_FORMAT: limit,
    }));
    const { createTestStore: createOlderStore } =
      await import("../../tests/fixtures/store/store-conversation");
    const refused: number[] = [];
    for (const name of EARLIER) {
      const dataDir = copyOfVolume(name);
      const before = filesIn(dataDir);
      const { store, damaged } = createOlderStore(dataDir);
      for (const { sessionHash, format } of Object.values(expectedOf(name))) {
        if (format <= limit) {
          expect(await store.read(sessionHash)).not.toBeNull();
          continue;
        }
        refused.push(format);
        const newer = { code: "session_newer_format" };
        await expect(store.read(sessionHash)).rejects.toMatchObject(newer);
        await expect(store.header(sessionHash)).rejects.toMatchObject(newer);
        await expect(store.update(sessionHash, append("next"))).rejects.toMatchObject(newer);
      }
      expect(filesIn(dataDir)).toEqual(before);
      expect(damaged).toEqual([]);
    }
    // Each format that came after the limit is among them.
    const later = Array.from({ length: 7 - limit }, (_, index) => limit + 1 + index);
    expect([...new Set(refused)].sort()).toEqual(later);
    expect(NEWEST_FORMAT).toBeGreaterThan(limit);
  });
});

test("each stored volume has a session at rest, and one in the middle of an answer", () => {
  for (const name of EARLIER) {
    expect(Object.keys(expectedOf(name))).toEqual(expect.arrayContaining(["settled", "running"]));
    expect(readdirSync(join(root, name, "volume")).sort()).toEqual(["replies", "sessions"]);
  }
});
