import type { Message } from "~/conversation/session";
import { parseStoredSession, type ParsedSession, type StoredSession } from "./stored-session";

/**
 * Turns the bytes of revisions into documents and back, without doing again what it has just done: most revisions
 * are read by the node that wrote them, and most messages of a revision were in the one before. What it remembers
 * is what bytes mean, never what a file has in it: files are read whole each time. Messages that have been through
 * it are frozen, for others may hold the same ones.
 */
export type SessionCodec = {
  /** What `parseStoredSession` says. */
  decode(key: string, bytes: Buffer, rev: number): ParsedSession;
  encode(key: string, document: StoredSession): Buffer;
  forget(key: string): void;
};

const COMMA = Buffer.from(",");
const END = Buffer.from("]}");

/** @param maxBytes how much of the files to remember; what they mean takes several times as much memory */
export function createSessionCodec(maxBytes = 8 * 1024 * 1024): SessionCodec {
  /** By key, the one that was used last at the end. */
  const known = new Map<string, { bytes: Buffer; document: StoredSession }>();
  let knownBytes = 0;
  const encoded = new WeakMap<Message, Buffer>();

  function remember(key: string, bytes: Buffer, document: StoredSession) {
    forget(key);
    known.set(key, { bytes, document });
    knownBytes += bytes.length;
    for (const oldest of known.keys()) {
      if (knownBytes <= maxBytes) break;
      forget(oldest);
    }
  }

  function forget(key: string) {
    knownBytes -= known.get(key)?.bytes.length ?? 0;
    known.delete(key);
  }

  function recall(key: string, bytes: Buffer, rev: number): StoredSession | null {
    const last = known.get(key);
    if (last?.document.rev !== rev || !last.bytes.equals(bytes)) return null;
    known.delete(key);
    known.set(key, last);
    return last.document;
  }

  function encodeMessage(message: Message): Buffer {
    const before = encoded.get(message);
    if (before) return before;
    const bytes = Buffer.from(JSON.stringify(message));
    encoded.set(message, bytes);
    return bytes;
  }

  return {
    decode(key, bytes, rev) {
      const before = recall(key, bytes, rev);
      if (before) return { kind: "whole", document: { ...before } };
      const parsed = parseStoredSession(bytes, rev);
      if (parsed.kind !== "whole") return parsed;
      freeze(parsed.document.messages);
      remember(key, bytes, parsed.document);
      return { kind: "whole", document: { ...parsed.document } };
    },

    encode(key, { messages, ...rest }) {
      freeze(messages);
      const pieces: Uint8Array[] = [Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"messages":[`)];
      for (const message of messages) {
        if (pieces.length > 1) pieces.push(COMMA);
        pieces.push(encodeMessage(message));
      }
      pieces.push(END);
      const bytes = Buffer.concat(pieces);
      remember(key, bytes, { ...rest, messages });
      return bytes;
    },

    forget,
  };
}

function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}
