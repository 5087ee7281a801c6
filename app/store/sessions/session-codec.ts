import type { Message } from "~/conversation/session/session";
import { KeyNotHeld } from "~/store/encryption/encryption-keys";
import { decryptSession, encryptSession } from "~/store/encryption/encrypted-session";
import type { Encryptor } from "~/store/encryption/encryptor";
import { unpooled } from "~/store/unpooled";
import { createDocumentCache } from "~/store/documents/document-cache";
import type { RevisionCodec } from "~/store/documents/revision-codec";
import { parseStoredSession, type ReadSession, type SecretPart, type StoredSession } from "./stored-session";

/**
 * A codec with caches, since most revisions are read by the node that wrote them, and most messages of a revision were
 * in the one before. It caches documents by session and bytes: files are still read whole each time, and changed bytes
 * are decoded anew. Messages that it has handled are frozen, because documents share them.
 */
export type SessionCodec = RevisionCodec<StoredSession>;

export type SessionCodecOptions = {
  /** Encrypts if it is on, and decrypts. Without it, encrypted revisions throw KeyNotHeld. */
  encryptor?: Encryptor | undefined;
  /**
   * Bytes of files to cache; the decoded documents take several times as much memory. The most recent one is cached
   * whatever its size: otherwise each of its readers would hold a copy, and decode it anew for each commit.
   */
  maxBytes?: number;
};

const COMMA = Buffer.from(",");
const END = Buffer.from("]}");

export function createSessionCodec({
  encryptor,
  maxBytes = 8 * 1024 * 1024,
}: SessionCodecOptions = {}): SessionCodec {
  const cache = createDocumentCache<StoredSession>(maxBytes);
  const encoded = new WeakMap<Message, Buffer>();

  function encodeMessage(message: Message): Buffer {
    const before = encoded.get(message);
    if (before) return before;
    const bytes = unpooled(Buffer.from(JSON.stringify(message)));
    encoded.set(message, bytes);
    return bytes;
  }

  /** As JSON with the messages last, of which only new ones are encoded. */
  function encodeJson({ messages, ...rest }: Pick<StoredSession, "messages">): Buffer {
    const pieces: Uint8Array[] = [Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"messages":[`)];
    for (const message of messages) {
      if (pieces.length > 1) pieces.push(COMMA);
      pieces.push(encodeMessage(message));
    }
    pieces.push(END);
    return Buffer.concat(pieces);
  }

  function parse(sessionHash: string, bytes: Buffer, rev: number): ReadSession {
    const parsed = parseStoredSession(bytes, rev);
    if (parsed.kind !== "sealed") return parsed;
    if (!encryptor) throw new KeyNotHeld("encrypted sessions cannot be read here");
    return decryptSession(encryptor, sessionHash, parsed.session);
  }

  return {
    decode(sessionHash, bytes, rev) {
      const before = cache.get(sessionHash, bytes, rev);
      if (before) return { kind: "whole", document: { ...before } };
      const parsed = parse(sessionHash, bytes, rev);
      if (parsed.kind !== "whole") return parsed;
      freeze(parsed.document.messages);
      cache.set(sessionHash, bytes, parsed.document);
      return { kind: "whole", document: { ...parsed.document } };
    },

    encode(sessionHash, document) {
      freeze(document.messages);
      // A tombstone has no content, and sweeps must recognise it without a key.
      const bytes =
        encryptor?.isOn && document.retiredAt === undefined
          ? encryptSession(encryptor, sessionHash, document, encodeJson(secretPartOf(document)))
          : encodeJson(document);
      cache.set(sessionHash, bytes, { ...document });
      return bytes;
    },

    known(sessionHash, rev) {
      const latest = cache.latest(sessionHash);
      return latest?.document.rev === rev ? latest : null;
    },

    forget: cache.delete,
  };
}

function secretPartOf({
  title,
  titleSource,
  settings,
  head,
  partial,
  queue,
  notes,
  messages,
}: StoredSession): SecretPart {
  return {
    title,
    titleSource,
    settings,
    head,
    ...(partial && { partial }),
    ...(queue && { queue }),
    ...(notes && { notes }),
    messages,
  };
}

function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}
