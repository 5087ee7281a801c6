import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { applyChunk, EMPTY_REPLY, settledParts } from "~/conversation/reply/reply-text";
import { attachmentId, attachmentParts } from "~/conversation/files/attachment";
import { hashSessionId } from "~/conversation/session/session-hash";
import { ITEM_ID_PATTERN, newId } from "~/conversation/session/session-id";
import { createUsageReader } from "~/quotas/usage-reader";
import { readJournalOf } from "~/replies/journals/journal-reader";
import {
  copyOfVolume,
  expectedOf,
  filesIn,
  linesIn,
  VOLUMES,
  type VolumeName,
} from "../../tests/fixtures/store/stored-files";
import { append, createTestStore, KEY, messageIds } from "../../tests/fixtures/store/store-conversation";
import { createTestEncryptor } from "../../tests/fixtures/store/test-encryptor";
import { createAttachmentStore } from "~/store/attachments/attachment-store";
import { parseMembershipLine } from "~/store/cluster/membership-line";
import { createHandoffStore } from "~/store/shares/handoff-store";
import { createShareStore } from "~/store/shares/share-store";

const encryptor = createTestEncryptor(true);

function open(name: VolumeName) {
  const dataDir = copyOfVolume(name);
  const { store, layout, volume, damaged } = createTestStore(dataDir, { encryptor });
  const common = { volume, layout, instance: "node.b1", newId, encryptor };
  const onDamage = () => void damaged.push({ key: KEY, rev: 0, reason: "damaged" });
  return {
    dataDir,
    store,
    layout,
    volume,
    damaged,
    shares: createShareStore({ ...common, sessions: store, clock: () => new Date(), onDamage }),
    handoffs: createHandoffStore({ ...common, lifetimeMs: 3_600_000 }),
    attachments: createAttachmentStore({
      ...common,
      onDamage,
      maxBytes: 1_000,
      maxSessionBytes: 9_000,
    }),
  };
}

describe.each(VOLUMES)("a volume (%s) that an earlier version has written", (name) => {
  const { record, share, journal } = expectedOf(name);

  test("all kinds of files of an earlier version are read as written, and reading changes none", async () => {
    const { dataDir, store, layout, volume, shares, attachments, damaged } = open(name);
    const before = filesIn(dataDir);
    expect(await store.read(KEY)).toEqual({ ...record, commit: expect.stringMatching(ITEM_ID_PATTERN) });
    expect((await store.header(KEY))?.header).toMatchObject({
      rev: record.rev,
      isEncrypted: name === "sealed",
    });
    expect(await shares.read(hashSessionId("a-share-of-the-tests"))).toEqual(share);
    const reply = record.session.reply!;
    expect(await readJournalOf(KEY, reply, { volume, layout, encryptor })).toEqual(journal);
    expect(settledParts(journal.reduce(applyChunk, EMPTY_REPLY))).toEqual([
      { type: "text", text: "Half an " },
    ]);
    const [file] = record.session.messages.flatMap(({ parts }) => attachmentParts(parts));
    const content = await attachments.read(KEY, attachmentId(file!));
    expect(content?.bytes.toString()).toBe("name,age\nAda,36\n");
    expect(filesIn(dataDir)).toEqual(before);
    expect(damaged).toEqual([]);
  });

  test("a session of an earlier version takes the next commit", async () => {
    const { store } = open(name);
    await store.update(KEY, append("next"));
    const after = await store.read(KEY);
    expect(after?.rev).toBe(record.rev + 1);
    expect(messageIds(after?.session)).toEqual([...messageIds(record.session), "next"]);
  });

  test("a hand-off of an earlier version can be claimed", async () => {
    expect(await open(name).handoffs.claim(hashSessionId("a-handoff-of-the-tests"))).toBe("c2VhbGVk");
  });

  test("membership logs and usage files of an earlier version are parsed completely", async () => {
    const lines = linesIn(name, "nodes").map(parseMembershipLine);
    expect(lines.map((line) => line && Object.keys(line)[0])).toEqual([
      "format",
      "beat",
      "changed",
      "draining",
      "goodbye",
    ]);
    const { layout, volume, damaged } = open(name);
    const counted: unknown[] = [];
    const reader = createUsageReader({
      volume,
      layout,
      own: "node.b1",
      clock: () => Date.parse("2026-11-20T12:00:00Z"),
      isDead: () => false,
      onCount: (key, amount) => counted.push([key, amount]),
      onDamage: ({ reason }) => damaged.push({ key: KEY, rev: 0, reason }),
    });
    await reader.refresh();
    expect([counted, reader.running("address"), damaged]).toEqual([[["tokens:all", 100]], 2, []]);
    expect(readdirSync(layout.usage)).toEqual(["2026-11-20"]);
  });
});
