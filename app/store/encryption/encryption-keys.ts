import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { sessionKey } from "~/conversation/session-id";

/** What is sealed with keys of its own, so that nothing of one kind can pass for another. */
export type KeyUse = "session" | "journal" | "attachment" | "attachment-name" | "share";

/**
 * The keys of what is worked on at the moment. They come from secrets that only browsers keep (the ids of sessions
 * and of links), so they are here while a request, a follower or a reply holds them, and nowhere afterwards.
 */
export type EncryptionKeys = {
  /** Holds the keys of a secret until `release`. @returns what the secret is called on the volume, see `sessionKey` */
  hold(secret: string): { key: string; release: () => void };
  /** The same around a piece of work. */
  during<T>(secret: string, work: (key: string) => Promise<T>): Promise<T>;
  /** Goes on holding what somebody holds, until what it returns is called; nothing where nobody does. */
  keep(key: string): () => void;
  /** @throws KeyNotHeld */
  keyFor(key: string, use: KeyUse): KeyObject;
};

/** Somebody works on what is sealed without the secret that it belongs to: a mistake of ours, and no damage. */
export class KeyNotHeld extends Error {
  override readonly name = "KeyNotHeld";
}

type Held = { root: KeyObject; keys: Map<KeyUse, KeyObject>; holders: number };

export function createEncryptionKeys(): EncryptionKeys {
  const held = new Map<string, Held>();

  function add(key: string, entry: Held): () => void {
    held.set(key, entry);
    entry.holders += 1;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      entry.holders -= 1;
      if (entry.holders === 0) held.delete(key);
    };
  }

  function hold(secret: string) {
    const key = sessionKey(secret);
    const entry: Held = held.get(key) ?? {
      root: derive(createSecretKey(secret, "utf8"), "at rest"),
      keys: new Map(),
      holders: 0,
    };
    return { key, release: add(key, entry) };
  }

  return {
    hold,
    async during(secret, work) {
      const { key, release } = hold(secret);
      try {
        return await work(key);
      } finally {
        release();
      }
    },
    keep(key) {
      const entry = held.get(key);
      return entry ? add(key, entry) : () => {};
    },
    keyFor(key, use) {
      const entry = held.get(key);
      if (!entry) throw new KeyNotHeld(`nobody holds the key for a ${use}`);
      const known = entry.keys.get(use);
      if (known) return known;
      const derived = derive(entry.root, use);
      entry.keys.set(use, derived);
      return derived;
    },
  };
}

/** A secret has 128 random bits, so it needs neither salt nor stretching (RFC 5869). */
function derive(from: KeyObject, purpose: string): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync("sha256", from, "", `holdfast ${purpose}`, 32)));
}
