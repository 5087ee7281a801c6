import type { Message } from "~/conversation/session";
import { KeyNotHeld } from "~/store/encryption/encryption-keys";
import { decryptSession, encryptSession } from "~/store/encryption/encrypted-session";
import type { Encryptor } from "~/store/encryption/encryptor";
import { parseStoredSession, type ReadSession, type SecretPart, type StoredSession } from "./stored-session";

/** What makes documents of type `D` of the bytes of revisions, and bytes of documents. */
export type RevisionCodec<D extends StoredSession> = {
  /** Never throws for what the bytes are. @throws KeyNotHeld where they are sealed */
  decode(key: string, bytes: Buffer, rev: number): ReadSession<D>;
  encode(key: string, document: StoredSession): Buffer;
  forget(key: string): void;
};

/**
 * Turns the bytes of revisions into documents and back, without doing again what it has just done: most revisions
 * are read by the node that wrote them, and most messages of a revision were in the one before. What it remembers
 * is what bytes mean, never what a file has in it: files are read whole each time. Messages that have been through
 * it are frozen, for others may hold the same ones.
 */
export type SessionCodec = RevisionCodec<StoredSession>;

export type SessionCodecOptions = {
  /** Opens what is sealed, and seals if it is switched on. Without it there is nothing that is sealed. */
  encryptor?: Encryptor | undefined;
  /**
   * How much of the files to remember; what they mean takes several times as much memory. The last one is remembered
   * whatever its size: each that follows it would have a copy of its own, and make it anew for each commit.
   */
  maxBytes?: number;
};

const COMMA = Buffer.from(",");
const END = Buffer.from("]}");

export function createSessionCodec({
  encryptor,
  maxBytes = 8 * 1024 * 1024,
}: SessionCodecOptions = {}): SessionCodec {
  /** By key, the one that was used last at the end. */
  const known = new Map<string, { bytes: Buffer; document: StoredSession }>();
  let knownBytes = 0;
  const encoded = new WeakMap<Message, Buffer>();

  function remember(key: string, bytes: Buffer, document: StoredSession) {
    forget(key);
    known.set(key, { bytes, document });
    knownBytes += costOf(bytes);
    for (const oldest of known.keys()) {
      if (knownBytes <= maxBytes || known.size === 1) break;
      forget(oldest);
    }
  }

  function forget(key: string) {
    const last = known.get(key);
    if (!last) return;
    knownBytes -= costOf(last.bytes);
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

  /** JSON, the messages last. */
  function encodeJson({ messages, ...rest }: Pick<StoredSession, "messages">): Buffer {
    const pieces: Uint8Array[] = [Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"messages":[`)];
    for (const message of messages) {
      if (pieces.length > 1) pieces.push(COMMA);
      pieces.push(encodeMessage(message));
    }
    pieces.push(END);
    return Buffer.concat(pieces);
  }

  function parse(key: string, bytes: Buffer, rev: number): ReadSession {
    const parsed = parseStoredSession(bytes, rev);
    if (parsed.kind !== "sealed") return parsed;
    if (!encryptor) throw new KeyNotHeld("nothing sealed can be read here");
    return decryptSession(encryptor, key, parsed.session);
  }

  return {
    decode(key, bytes, rev) {
      const before = recall(key, bytes, rev);
      if (before) return { kind: "whole", document: { ...before } };
      const parsed = parse(key, bytes, rev);
      if (parsed.kind !== "whole") return parsed;
      freeze(parsed.document.messages);
      remember(key, bytes, parsed.document);
      return { kind: "whole", document: { ...parsed.document } };
    },

    encode(key, document) {
      freeze(document.messages);
      // What is retired says nothing, and sweeps must know it for what it is.
      const bytes =
        encryptor?.isOn && document.retiredAt === undefined
          ? encryptSession(encryptor, key, document, encodeJson(secretPartOf(document)))
          : encodeJson(document);
      remember(key, bytes, { ...document });
      return bytes;
    },

    forget,
  };
}

function secretPartOf({ title, titleSource, settings, head, messages }: StoredSession): SecretPart {
  return { title, titleSource, settings, head, messages };
}

/** A file that has next to nothing in it, such as one that says that its session was deleted, costs something too. */
function costOf(bytes: Buffer): number {
  return bytes.length + 1024;
}

function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}
