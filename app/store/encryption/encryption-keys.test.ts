import { expect, test } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { createEncryptionKeys, KeyNotHeld } from "./encryption-keys";

const hex = (
  ring: ReturnType<typeof createEncryptionKeys>,
  key: string,
  use: "session" | "journal" = "session",
) => ring.keyFor(key, use).export().toString("hex");

test("an encryption key is available while it is held, and not afterwards", async () => {
  const ring = createEncryptionKeys();
  const secret = newId();
  const first = ring.hold(secret);
  expect(first.key).toBe(hashSessionId(secret));
  const second = ring.hold(secret);
  const kept = ring.keep(first.key);
  first.release();
  first.release();
  second.release();
  expect(hex(ring, first.key)).toHaveLength(64);
  kept();
  expect(() => ring.keyFor(first.key, "session")).toThrow(KeyNotHeld);

  await ring.during(secret, async (key) => {
    await Promise.resolve();
    expect(hex(ring, key)).toHaveLength(64);
  });
  const failing = ring.during(secret, () => Promise.reject(new Error("it failed")));
  await expect(failing).rejects.toThrow("it failed");
  expect(() => ring.keyFor(first.key, "session")).toThrow(KeyNotHeld);
});

test("keep has no effect for a key that is not held", () => {
  const ring = createEncryptionKeys();
  const { key, release } = ring.hold(newId());
  release();
  const letGo = ring.keep(key);
  expect(() => ring.keyFor(key, "session")).toThrow(KeyNotHeld);
  letGo();
});

test("a release after a key's last release does not affect a new holder", () => {
  const ring = createEncryptionKeys();
  const secret = newId();
  const before = ring.hold(secret);
  before.release();
  const now = ring.hold(secret);
  before.release();
  expect(hex(ring, now.key)).toHaveLength(64);
});

test("each secret and each use has its own key", () => {
  const ring = createEncryptionKeys();
  const [one, two] = [ring.hold(newId()).key, ring.hold(newId()).key];
  const keys = [hex(ring, one), hex(ring, one, "journal"), hex(ring, two), hex(ring, two, "journal")];
  expect(new Set(keys).size).toBe(4);
  expect(keys).not.toContain(one);
});

test("derived keys never change, so that earlier data stays readable", () => {
  const ring = createEncryptionKeys();
  const { key } = ring.hold("AAAAAAAAAAAAAAAAAAAAAA");
  expect(hex(ring, key)).toBe("2620b1bfb3a7489105328d6d0165c702b30fd04719d4524311f26f5598c849fc");
  expect(hex(ring, key, "journal")).toBe("87f57e3c9e293eff4114b73f1ea58b92991fa647711231f8682503f0d83792d1");
});
