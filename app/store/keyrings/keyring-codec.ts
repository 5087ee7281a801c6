import { recentCommits } from "~/store/sessions/session-header";
import { createDocumentCache } from "~/store/documents/document-cache";
import type { Decoded, RevisionCodec } from "~/store/documents/revision-codec";
import { revisionName } from "~/store/documents/layout";
import type { Encryptor } from "~/store/encryption/encryptor";
import {
  ENCRYPTED_KEYRING_FORMAT,
  KEYRING_FORMAT,
  parseStoredKeyring,
  type EncryptedKeyring,
  type StoredKeyring,
} from "./stored-keyring";

/** Bytes of files to cache: most keyrings are read again by the node that wrote them. */
const CACHE_BYTES = 8 * 1024 * 1024;

/** Decodes and encodes keyrings, with a cache by hash and bytes. `encode` encrypts where encryption is on. */
export function createKeyringCodec(encryptor: Encryptor): RevisionCodec<StoredKeyring> {
  const cache = createDocumentCache<StoredKeyring>(CACHE_BYTES);
  return {
    decode(hash, bytes, rev) {
      const before = cache.get(hash, bytes, rev);
      if (before) return { kind: "whole", document: before };
      const parsed = parseStoredKeyring(bytes, rev);
      const decoded = parsed.kind === "encrypted" ? decrypt(encryptor, hash, parsed.keyring) : parsed;
      if (decoded.kind === "whole") cache.set(hash, bytes, decoded.document);
      return decoded;
    },
    encode(hash, document) {
      const bytes = encryptor.isOn ? encrypt(encryptor, hash, document) : plain(document);
      cache.set(hash, bytes, { ...document });
      return bytes;
    },
    known(hash, rev) {
      const latest = cache.latest(hash);
      return latest?.document.rev === rev ? latest : null;
    },
    forget: cache.delete,
  };
}

/** Reads keyrings without their key: what is encrypted is empty. Writes them unencrypted, for tombstones. */
export function createKeyringHeaderCodec(): RevisionCodec<StoredKeyring> {
  return {
    decode: (_hash, bytes, rev) => withoutContent(parseStoredKeyring(bytes, rev)),
    encode: (_hash, document) => plain(document),
    known: () => null,
    forget: () => undefined,
  };
}

/**
 * Reads keyrings that are about to be deleted. Of a revision of a newer version it reads only the commit ids, which all
 * versions store alike.
 */
export function createKeyringRemovalCodec(): RevisionCodec<StoredKeyring> {
  const headers = createKeyringHeaderCodec();
  return {
    ...headers,
    decode(hash, bytes, rev) {
      const decoded = headers.decode(hash, bytes, rev);
      if (decoded.kind !== "newer") return decoded;
      const [format, usedAt] = [KEYRING_FORMAT, new Date(0).toISOString()] as const;
      const recent = recentCommits(bytes);
      return {
        kind: "whole",
        document: { format, rev, recent, usedAt, version: 0, earlier: [], sealed: "" },
      };
    },
  };
}

const plain = (document: StoredKeyring): Buffer => Buffer.from(JSON.stringify(document));

function withoutContent(parsed: ReturnType<typeof parseStoredKeyring>): Decoded<StoredKeyring> {
  if (parsed.kind !== "encrypted") return parsed;
  const { encrypted: _, openText: __, ...rest } = parsed.keyring;
  return { kind: "whole", document: { ...rest, format: KEYRING_FORMAT, sealed: "" } };
}

/** @throws KeyNotHeld */
function encrypt(encryptor: Encryptor, hash: string, { sealed, ...rest }: StoredKeyring): Buffer {
  const openText = JSON.stringify({ ...rest, format: ENCRYPTED_KEYRING_FORMAT });
  const encrypted = encryptor.encryptText(contextOf(hash, rest.rev, openText), sealed);
  return Buffer.from(`${openText.slice(0, -1)},"encrypted":"${encrypted}"}`);
}

/** A revision that does not authenticate is damaged. @throws KeyNotHeld */
function decrypt(
  encryptor: Encryptor,
  hash: string,
  { openText, encrypted, ...rest }: EncryptedKeyring,
): Decoded<StoredKeyring> {
  const sealed = encryptor.decryptText(contextOf(hash, rest.rev, openText), encrypted);
  if (!sealed) return { kind: "damaged", reason: "its encrypted part was changed" };
  const document = { ...rest, format: KEYRING_FORMAT, sealed: sealed.toString("utf8") } as const;
  return { kind: "whole", document };
}

const contextOf = (hash: string, rev: number, openText: string) =>
  ({ use: "keyring", key: hash, name: `${revisionName(rev)} ${openText}` }) as const;
