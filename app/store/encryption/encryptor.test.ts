import { describe, expect, test } from "vitest";
import { newId } from "~/conversation/session/session-id";
import { createTestEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { createEncryptionKeys, KeyNotHeld } from "./encryption-keys";
import { createEncryptor, type EncryptionContext } from "./encryptor";

const encryptor = createTestEncryptor(true);
const place: EncryptionContext = { use: "session", key: "a".repeat(64), name: "0000000001.json" };
const WORDS = "„Words“ that nobody else may read.";

test("encrypted data is decrypted unchanged in its context", () => {
  for (const text of ["", "x", WORDS, "long ".repeat(100_000)]) {
    const sealed = encryptor.encryptText(place, text);
    expect(sealed).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(encryptor.decryptText(place, sealed)?.toString()).toBe(text);
  }
  const bytes = Buffer.from([0, 255, 128, 10]);
  expect(encryptor.decryptText(place, encryptor.encryptText(place, bytes))).toEqual(bytes);
});

test("the same data is encrypted differently each time, and shows only its length", () => {
  const sealed = Array.from({ length: 100 }, () =>
    Buffer.from(encryptor.encryptText(place, WORDS), "base64url"),
  );
  expect(new Set(sealed.map((bytes) => bytes.subarray(0, 12).toString("hex"))).size).toBe(100);
  expect(new Set(sealed.map((bytes) => bytes.subarray(12).toString("hex"))).size).toBe(100);
  expect(sealed.every((bytes) => bytes.length === 12 + Buffer.byteLength(WORDS) + 16)).toBe(true);
  expect(sealed.some((bytes) => bytes.includes("Words"))).toBe(false);
});

test("a change of any byte of encrypted data is detected", () => {
  const { begin, piece, end } = encryptor.encryptPieces(place);
  const sealed = Buffer.concat([begin, piece(Buffer.from(WORDS)), end()]);
  expect(encryptor.decrypt(place, sealed)?.toString()).toBe(WORDS);
  for (let at = 0; at < sealed.length; at++) {
    for (const mask of [0x01, 0x80]) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= mask;
      expect(encryptor.decrypt(place, changed), `byte ${String(at)}`).toBeNull();
    }
    expect(encryptor.decrypt(place, sealed.subarray(0, at)), `cut at ${String(at)}`).toBeNull();
  }
  expect(encryptor.decrypt(place, Buffer.concat([sealed, Buffer.alloc(1)]))).toBeNull();
});

test("a change of any character of encrypted text is detected, also one that base64url ignores", () => {
  const sealed = encryptor.encryptText(place, "12345");
  for (let at = 0; at < sealed.length; at++) {
    for (const letter of ["A", "B", "_", "!", "="]) {
      const changed = sealed.slice(0, at) + letter + sealed.slice(at + 1);
      if (changed !== sealed)
        expect(encryptor.decryptText(place, changed), `${letter} at ${String(at)}`).toBeNull();
      expect(encryptor.decryptText(place, sealed.slice(0, at) + letter + sealed.slice(at))).toBeNull();
    }
  }
});

test.each<[string, Partial<EncryptionContext>]>([
  ["of another use", { use: "share" }],
  ["of another session", { key: "b".repeat(64) }],
  ["under another name", { name: "0000000002.json" }],
])("encrypted data cannot be decrypted in another context: %s", (_, other) => {
  expect(encryptor.decryptText({ ...place, ...other }, encryptor.encryptText(place, WORDS))).toBeNull();
});

test("encrypted data cannot be decrypted in another context with the same key", () => {
  // A ring with one key for everything.
  const ring = createEncryptionKeys();
  const { key } = ring.hold(newId());
  const one = createEncryptor({ keys: { keyFor: () => ring.keyFor(key, "session") }, isOn: true });
  const sealed = one.encryptText(place, WORDS);
  expect(one.decryptText(place, sealed)?.toString()).toBe(WORDS);
  for (const other of [{ use: "share" as const }, { key: "b".repeat(64) }, { name: "" }]) {
    expect(one.decryptText({ ...place, ...other }, sealed)).toBeNull();
  }
});

describe("an encryption key that is not held", () => {
  const keyless = createEncryptor({ keys: createEncryptionKeys(), isOn: true });
  test("using a key that is not held throws KeyNotHeld instead of reporting damage", () => {
    expect(() => keyless.encryptText(place, WORDS)).toThrow(KeyNotHeld);
    expect(() => keyless.decryptText(place, encryptor.encryptText(place, WORDS))).toThrow(KeyNotHeld);
    expect(() => keyless.nameOf(place.key, "x")).toThrow(KeyNotHeld);
  });
});

test("names of attachments are 64 hex digits that differ between sessions", () => {
  const id = "f".repeat(64);
  const names = [
    encryptor.nameOf("one", id),
    encryptor.nameOf("two", id),
    encryptor.nameOf("one", "e".repeat(64)),
  ];
  expect(new Set([...names, id]).size).toBe(4);
  expect(encryptor.nameOf("one", id)).toBe(names[0]);
  expect(names[0]).toMatch(/^[0-9a-f]{64}$/);
});
