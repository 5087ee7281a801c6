import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AttachmentPart } from "~/conversation/files/attachment";
import type { AssistantMessage } from "~/conversation/session/session";
import { newId } from "~/conversation/session/session-id";
import { partOf, sha256 } from "../../../tests/fixtures/sample-files";
import {
  append,
  createTestStore,
  emptySession,
  KEY,
  messageIds,
} from "../../../tests/fixtures/store/store-conversation";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createTestEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { createEncryptionKeys, KeyNotHeld } from "./encryption-keys";
import { revisionName } from "~/store/documents/layout";
import { tombstone } from "~/store/documents/tombstone";
import { createEncryptor } from "./encryptor";
import { createSessionCodec } from "~/store/sessions/session-codec";
import { parseHeader } from "~/store/sessions/session-header";
import {
  FORMAT,
  parseStoredSession,
  ENCRYPTED_FORMAT,
  type StoredSession,
} from "~/store/sessions/stored-session";

const FILE = Buffer.from("a file");
const sealed = () => createSessionCodec({ encryptor: createTestEncryptor(true) });
const open = () => createSessionCodec({ encryptor: createTestEncryptor(false) });

const answer: AssistantMessage = {
  id: "answer-1",
  parentId: "m1",
  role: "assistant",
  parts: [{ type: "text", text: "Secret answer" }],
  metadata: {
    status: "complete",
    modelId: "demo/demo",
    node: "a",
    createdAt: "2026-01-02T03:04:05.000Z",
    finishedAt: "2026-01-02T03:04:05.000Z",
  },
};

function document(rev: number): StoredSession {
  const session = append("m1", "Secret words: 東京 🙂")(emptySession()).session!;
  const file: AttachmentPart = partOf(FILE, "text/plain", "secret-name.txt");
  const [message] = session.messages as [StoredSession["messages"][number]];
  return {
    format: FORMAT,
    rev,
    recent: ["commit"],
    ...session,
    title: "A secret title",
    titleSource: "person",
    settings: { modelId: "demo/demo", instructions: "Secret instructions" },
    messages: [{ ...message, parts: [file, ...message.parts] } as StoredSession["messages"][number]],
    reply: {
      id: "reply",
      messageId: "answer",
      parentId: "m1",
      continues: null,
      epoch: 1,
      node: "a.b1",
      modelId: "demo/demo",
      startedAt: "2026-01-02T03:04:05.000Z",
      stopRequested: false,
    },
    shares: [{ key: "c".repeat(64), createdAt: "2026-01-02T03:04:05.000Z" }],
  };
}

describe("an encrypted revision", () => {
  test("an encrypted revision is decrypted with the key, also by a node with encryption off", () => {
    const bytes = sealed().encode(KEY, document(3));
    for (const codec of [sealed(), open()]) {
      expect(codec.decode(KEY, bytes, 3)).toEqual({ kind: "whole", document: document(3) });
    }
  });

  test("an encrypted revision contains no text or file name of its session", () => {
    const text = sealed().encode(KEY, document(3)).toString();
    for (const secret of ["Secret", "secret", "東京", sha256(FILE)]) expect(text).not.toContain(secret);
    expect(open().encode(KEY, document(3)).toString()).toContain(sha256(FILE));
  });

  test("an encrypted revision's plain header contains only the fields that sweeps need", () => {
    const bytes = sealed().encode(KEY, document(3));
    const { rev, recent, createdAt, updatedAt, reply, shares } = document(3);
    const parsed = JSON.parse(bytes.toString()) as object;
    const files = [createTestEncryptor(true).nameOf(KEY, sha256(FILE))];
    const head = { format: 2, rev, recent, createdAt, updatedAt, reply, shares, files };
    expect(parsed).toEqual({ ...head, sealed: expect.any(String) as string });
    expect(parseHeader(bytes, 3)).toMatchObject({
      kind: "whole",
      document: {
        rev,
        recent,
        updatedAt,
        reply,
        shares,
        isEncrypted: true,
        files: new Set(files),
        messages: [],
      },
    });
    expect(parseHeader(open().encode(KEY, document(3)), 3)).toMatchObject({
      document: { isEncrypted: false, files: new Set([sha256(FILE)]) },
    });
  });

  test("an encrypted revision with any changed byte is damaged", () => {
    const codec = sealed();
    const bytes = codec.encode(KEY, document(3));
    expect(codec.decode(KEY, bytes, 3).kind).toBe("whole");
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x10, 0x80]) {
        const changed = Buffer.from(bytes);
        changed[at]! ^= mask;
        expect(codec.decode(KEY, changed, 3).kind, `byte ${String(at)}`).not.toBe("whole");
      }
    }
    expect(codec.decode(KEY, bytes.subarray(0, -1), 3).kind).toBe("damaged");
  });

  test("an encrypted revision in place of another one, also of the same session, is damaged", () => {
    const bytes = sealed().encode(KEY, document(3));
    const broken = { kind: "damaged", reason: "its seal is broken" };
    expect(sealed().decode("b".repeat(64), bytes, 3)).toEqual(broken);
    expect(sealed().decode(KEY, bytes, 4)).toMatchObject({ kind: "damaged" });
    const renumbered = Buffer.from(bytes.toString().replace('"rev":3', '"rev":4'));
    expect(sealed().decode(KEY, renumbered, 4)).toEqual(broken);
    // The words of one revision below the head of another.
    const [one, two] = [bytes, sealed().encode(KEY, document(4))].map((each) =>
      each.toString().split(',"sealed":'),
    );
    expect(sealed().decode(KEY, Buffer.from(`${one![0]!},"sealed":${two![1]!}`), 3)).toEqual(broken);
  });

  test("an encrypted revision of a newer version is newer, with and without the key", () => {
    const bytes = sealed().encode(KEY, document(3));
    const { sealed: _, ...head } = JSON.parse(bytes.toString()) as Record<string, unknown>;
    const { title, settings, messages, head: leaf } = document(3);
    const later = { ...head, format: 3, mood: "good" };
    const seal = (open: object, secret: object) => {
      const place = { use: "session", key: KEY, name: `${revisionName(3)} ${JSON.stringify(open)}` } as const;
      return createTestEncryptor(true).encryptText(place, JSON.stringify(secret));
    };
    const secret = { title, settings, messages, head: leaf };
    const withHead = Buffer.from(JSON.stringify({ ...later, sealed: seal(later, secret) }));
    const withSecret = Buffer.from(
      JSON.stringify({ ...head, sealed: seal(head, { ...secret, mood: "good" }) }),
    );
    for (const each of [sealed(), open()]) {
      expect(each.decode(KEY, withHead, 3).kind).toBe("newer");
      expect(each.decode(KEY, withSecret, 3).kind).toBe("newer");
    }
    expect(parseHeader(withHead, 3).kind).toBe("newer");
    const boundToMore = Buffer.from(
      JSON.stringify({ ...later, sealed: seal({ ...later, more: 1 }, secret) }),
    );
    expect(sealed().decode(KEY, boundToMore, 3).kind).toBe("newer");
  });

  test("an encrypted revision is newer to a version that does not know its format", () => {
    const bytes = sealed().encode(KEY, document(3));
    expect((JSON.parse(bytes.toString()) as { format: number }).format).toBeGreaterThan(FORMAT);
    expect(parseStoredSession(bytes, 3).kind).toBe("sealed");
  });

  test("an encrypted revision is never written or read without its key", () => {
    const keyless = createSessionCodec({
      encryptor: createEncryptor({ keys: createEncryptionKeys(), isOn: true }),
    });
    expect(() => keyless.encode(KEY, document(3))).toThrow(KeyNotHeld);
    const bytes = sealed().encode(KEY, document(3));
    expect(() => keyless.decode(KEY, bytes, 3)).toThrow(KeyNotHeld);
  });
});

describe.each([
  ["sealed", sealed, ENCRYPTED_FORMAT],
  ["open", open, FORMAT],
])("a revision that is %s", (_, codec, first) => {
  const formatOf = (bytes: Buffer) => (JSON.parse(bytes.toString()) as { format: number }).format;

  test("an encrypted revision has the oldest format that can represent it, and any format is read", () => {
    const before = document(3);
    expect(formatOf(codec().encode(KEY, before))).toBe(first);
    const message = { ...answer, metadata: { ...answer.metadata, omissions: [{ code: "file_unreadable" }] } };
    const later = { ...before, messages: [...before.messages, message], format: 3 };
    const bytes = codec().encode(KEY, later);
    expect(formatOf(bytes)).toBe(3);
    for (const each of [sealed(), open()]) {
      expect(each.decode(KEY, bytes, 3)).toEqual({ kind: "whole", document: later });
    }
    expect(parseHeader(bytes, 3)).toMatchObject({
      document: { format: 3, isEncrypted: first === ENCRYPTED_FORMAT },
    });
  });

  test("the store writes an encrypted revision in the format that it needs, and in the first again when it needs no more", async () => {
    const dataDir = temporaryFolder();
    const { store, layout } = createTestStore(dataDir, {
      encryptor: createTestEncryptor(first === ENCRYPTED_FORMAT),
    });
    const formats: number[] = [];
    const omissions = [undefined, [{ code: "image_too_large" }], undefined];
    for (const [index, each] of omissions.entries()) {
      const message = { ...answer, metadata: { ...answer.metadata, ...(each && { omissions: each }) } };
      const change = { ...emptySession(), messages: [...append("m1")(null).session!.messages, message] };
      await store.update(KEY, () => ({ session: change, result: null }));
      expect((await store.read(KEY))?.session).toEqual(change);
      formats.push(formatOf(readFileSync(join(layout.sessionFolder(KEY), revisionName(index + 1)))));
    }
    expect(formats).toEqual([first, 3, first]);
  });
});

test("a plain revision is read by a node with encryption on", () => {
  expect(sealed().decode(KEY, open().encode(KEY, document(3)), 3)).toEqual({
    kind: "whole",
    document: document(3),
  });
});

test("a tombstone is stored in plain text", () => {
  const retired = { ...tombstone("2026-01-02T03:04:05.000Z"), rev: 4, recent: ["commit"] };
  expect(sealed().encode(KEY, retired)).toEqual(open().encode(KEY, retired));
});

describe("a session on nodes with and without encryption", () => {
  const nodes = (dataDir: string) =>
    [true, false].map((isOn) => createTestStore(dataDir, { encryptor: createTestEncryptor(isOn) }));

  test("a session on nodes with and without encryption reads as the last commit wrote it", async () => {
    const dataDir = temporaryFolder();
    const [on, off] = nodes(dataDir) as [
      ReturnType<typeof createTestStore>,
      ReturnType<typeof createTestStore>,
    ];
    for (const [n, { store }] of [off, on, on, off, on].entries()) {
      await store.update(KEY, append(`m${String(n)}`));
      for (const reader of nodes(dataDir)) {
        const ids = messageIds((await reader.store.read(KEY))?.session);
        expect(ids).toHaveLength(n + 1);
        expect((await reader.store.header(KEY))?.header.isEncrypted).toBe(store === on.store);
      }
    }
    await on.store.remove(KEY);
    for (const { store } of nodes(dataDir)) {
      expect(await store.read(KEY)).toBeNull();
      expect(await store.header(KEY)).toBeNull();
    }
  });

  test("without the key, a session's state is that of its plain header", async () => {
    const dataDir = temporaryFolder();
    const ring = createEncryptionKeys();
    const withKeys = createTestStore(dataDir, { encryptor: createEncryptor({ keys: ring, isOn: true }) });
    await ring.during(newId(), async (key) => {
      await withKeys.store.update(key, append("m1"));
      const other = createTestStore(dataDir, {
        encryptor: createEncryptor({ keys: createEncryptionKeys(), isOn: true }),
      });
      expect(await other.store.header(key)).toMatchObject({
        recovered: null,
        header: { isEncrypted: true, rev: 1 },
      });
      await expect(other.store.read(key)).rejects.toThrow(KeyNotHeld);
      await expect(other.store.update(key, append("m2"))).rejects.toThrow(KeyNotHeld);
      // Nothing was put aside for it.
      expect(other.damaged).toEqual([]);
      expect(messageIds((await withKeys.store.read(key))?.session)).toEqual(["m1"]);
    });
  });
});
