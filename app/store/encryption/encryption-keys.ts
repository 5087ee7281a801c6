import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { hashSessionId } from "~/conversation/session/session-hash";

/** Each use has a key of its own, so that data of one kind cannot pass for data of another. */
export type KeyUse = "session" | "journal" | "attachment" | "attachment-name" | "share" | "keyring";

/**
 * The encryption keys in use. They are derived from secrets that only browsers keep (ids of sessions and of links), and
 * are in memory only while a request, a follower or a reply holds them. `hash` is the hash of a secret, which names
 * its files on the volume.
 */
export type EncryptionKeys = {
  /** Holds the keys of a secret until `release`. @returns also the hash of the secret (session-hash.ts) */
  hold(secret: string): { key: string; release: () => void };
  /** Holds the keys of a secret while `work` runs. */
  during<T>(secret: string, work: (hash: string) => Promise<T>): Promise<T>;
  /** Holds keys that are held already, until the returned function is called; no effect where they are not held. */
  keep(hash: string): () => void;
  /** @throws KeyNotHeld */
  keyFor(hash: string, use: KeyUse): KeyObject;
};

/** Encrypted data was used while its keys were not held: a bug in the caller, not damage of the data. */
export class KeyNotHeld extends Error {
  override readonly name = "KeyNotHeld";
}

type Held = { root: KeyObject; keys: Map<KeyUse, KeyObject>; holders: number };

export function createEncryptionKeys(): EncryptionKeys {
  const held = new Map<string, Held>();

  function add(hash: string, entry: Held): () => void {
    held.set(hash, entry);
    entry.holders += 1;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      entry.holders -= 1;
      if (entry.holders === 0) held.delete(hash);
    };
  }

  function hold(secret: string) {
    const hash = hashSessionId(secret);
    const entry: Held = held.get(hash) ?? {
      root: derive(createSecretKey(secret, "utf8"), "at rest"),
      keys: new Map(),
      holders: 0,
    };
    return { key: hash, release: add(hash, entry) };
  }

  return {
    hold,
    async during(secret, work) {
      const { key: hash, release } = hold(secret);
      try {
        return await work(hash);
      } finally {
        release();
      }
    },
    keep(hash) {
      const entry = held.get(hash);
      return entry ? add(hash, entry) : () => {};
    },
    keyFor(hash, use) {
      const entry = held.get(hash);
      if (!entry) throw new KeyNotHeld(`the encryption key for a ${use} is not held`);
      const known = entry.keys.get(use);
      if (known) return known;
      const derived = derive(entry.root, use);
      entry.keys.set(use, derived);
      return derived;
    },
  };
}

/** HKDF without salt (RFC 5869). The secret has 128 random bits, so it needs no stretching. */
function derive(from: KeyObject, purpose: string): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync("sha256", from, "", `holdfast ${purpose}`, 32)));
}
