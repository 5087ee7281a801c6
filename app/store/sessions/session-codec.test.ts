import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { append, emptySession, KEY } from "../../../tests/fixtures/store/store-conversation";
import { MAX_SESSION_BYTES } from "~/conversation/limits";
import { newId } from "~/conversation/session/session-id";
import { createEncryptionKeys } from "~/store/encryption/encryption-keys";
import { createEncryptor } from "~/store/encryption/encryptor";
import { createSessionCodec } from "./session-codec";
import { FORMAT, parseStoredSession, type StoredSession } from "./stored-session";

function document(rev: number, ...ids: string[]): StoredSession {
  let session = emptySession();
  for (const id of ids) session = append(id, `Text of ${id}: „so“, 東京, 🙂.`)(session).session!;
  return { format: FORMAT, rev, recent: ["commit"], ...session };
}

test("an encoded session is parsed as written by any node", () => {
  const codec = createSessionCodec();
  for (const ids of [[], ["a"], ["a", "b", "c"]]) {
    const original = document(3, ...ids);
    expect(parseStoredSession(codec.encode(KEY, original), 3)).toEqual({ kind: "whole", document: original });
  }
});

test("a message that was encoded before has the same bytes again", () => {
  const codec = createSessionCodec();
  const first = codec.encode(KEY, document(1, "a", "b"));
  const known = codec.decode(KEY, first, 1);
  if (known.kind !== "whole") throw new Error("not whole");
  expect(codec.encode(KEY, known.document)).toEqual(first);
  expect(createSessionCodec().encode(KEY, known.document)).toEqual(first);
});

test("the same bytes decode to the same message objects, and other bytes are parsed", () => {
  const codec = createSessionCodec();
  const bytes = codec.encode(KEY, document(1, "a"));
  const [once, again] = [codec.decode(KEY, Buffer.from(bytes), 1), codec.decode(KEY, Buffer.from(bytes), 1)];
  if (once.kind !== "whole" || again.kind !== "whole") throw new Error("not whole");
  expect(again.document.messages).toBe(once.document.messages);
  expect(again.document).not.toBe(once.document);

  const changed = createSessionCodec().encode(KEY, document(1, "b"));
  expect(codec.decode(KEY, changed, 1)).toEqual(parseStoredSession(changed, 1));
});

test.each([false, true])("the largest session is cached, encrypted: %s", (isOn) => {
  const keys = createEncryptionKeys();
  const { key } = keys.hold(newId());
  const codec = createSessionCodec({ encryptor: createEncryptor({ keys, isOn }) });
  const { session } = append("a", "x".repeat(MAX_SESSION_BYTES + 1_000_000))(null);
  const bytes = codec.encode(key, { format: FORMAT, rev: 1, recent: ["commit"], ...session! });
  const [once, again] = [codec.decode(key, Buffer.from(bytes), 1), codec.decode(key, Buffer.from(bytes), 1)];
  if (once.kind !== "whole" || again.kind !== "whole") throw new Error("not whole");
  expect(again.document.messages === once.document.messages).toBe(true);
});

test("damage to cached bytes is detected", () => {
  const codec = createSessionCodec();
  const bytes = codec.encode(KEY, document(2, "a"));
  expect(codec.decode(KEY, bytes.subarray(0, -1), 2).kind).toBe("damaged");
  expect(codec.decode(KEY, Buffer.alloc(bytes.length), 2).kind).toBe("damaged");
  expect(codec.decode(KEY, bytes, 3).kind).toBe("damaged");
  expect(codec.decode(KEY, bytes, 2).kind).toBe("whole");
});

test("decoded messages are frozen, since documents share them", () => {
  const codec = createSessionCodec();
  const parsed = codec.decode(KEY, createSessionCodec().encode(KEY, document(1, "a")), 1);
  if (parsed.kind !== "whole") throw new Error("not whole");
  const { messages } = parsed.document;
  expect(() => messages.pop()).toThrow(TypeError);
  expect(() => messages[0]!.parts.pop()).toThrow(TypeError);
  parsed.document.rev = 7;
  expect(codec.decode(KEY, codec.encode("other", document(1, "a")), 1)).toMatchObject({
    document: { rev: 1 },
  });
});

test("the codec caches no more than maxBytes, and forgets sessions on request", () => {
  // Cost of an entry beside its bytes.
  const size = createSessionCodec().encode(KEY, document(1, "a")).length + 1024;
  const codec = createSessionCodec({ maxBytes: 2 * size });
  const bytes = codec.encode("first", document(1, "a"));
  const messagesOf = (key: string) => {
    const parsed = codec.decode(key, bytes, 1);
    return parsed.kind === "whole" ? parsed.document.messages : null;
  };
  const first = messagesOf("first");
  messagesOf("second");
  expect(messagesOf("first")).toBe(first);
  messagesOf("third");
  expect(messagesOf("first")).toBe(first);
  const second = messagesOf("second");
  codec.forget("second");
  expect(messagesOf("second")).not.toBe(second);
});

test("the codec bounds the number of small cached sessions", () => {
  const codec = createSessionCodec({ maxBytes: 10 * 2_000 });
  const bytes = codec.encode("0", document(1));
  expect(bytes.length).toBeLessThan(300);
  const documents = Array.from({ length: 50 }, (_, index) => codec.decode(String(index), bytes, 1));
  const remembered = documents.filter((first, index) => {
    const again = codec.decode(String(index), bytes, 1);
    return (
      first.kind === "whole" && again.kind === "whole" && again.document.messages === first.document.messages
    );
  });
  expect(remembered.length).toBeLessThan(20);
});

test("cached sessions keep no more memory than their bytes, whatever was allocated beside them", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const codec = createSessionCodec();
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  let bytes = 0;
  for (let number = 0; number < 1_000; number++) {
    bytes += codec.encode(`session ${String(number)}`, document(1, "a")).length;
    // What requests allocate meanwhile, from the same pool.
    for (let count = 0; count < 20; count++) Buffer.from("x".repeat(3_000));
  }
  const kept = () => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers - before;
  };
  await expect.poll(kept).toBeLessThan(4 * bytes);
  expect(codec.decode("session 999", codec.encode("session 999", document(1, "a")), 1).kind).toBe("whole");
});
