import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import type { EncryptionKeys, KeyUse } from "./encryption-keys";

/** What is sealed, and where it belongs. It opens in no other place. */
export type SealedPlace = {
  use: KeyUse;
  /** What the secret is called whose key it is: of a session, or of a link. */
  key: string;
  /** Which of those with this key and use it is. */
  name: string;
};

/**
 * Encryption at rest: AES-256-GCM with a random nonce, with the place as authenticated context. What is sealed is
 * `nonce | ciphertext | tag`. What was written by a node that seals is read by one that does not, and the other way
 * round, so that it can be switched on and off at any time.
 */
export type Encryptor = {
  /** Whether what is written from now on is to be sealed. */
  isOn: boolean;
  /** As base64url. @throws KeyNotHeld, as all of them do */
  sealText(place: SealedPlace, plain: string | Uint8Array): string;
  /** Null for what was not sealed for this place, or not left as it was. */
  openText(place: SealedPlace, sealed: string): Buffer<ArrayBuffer> | null;
  /** Seals a file as it comes. */
  sealPieces(place: SealedPlace): SealedPieces;
  /** Opens what `sealPieces` has made, once it is whole. */
  open(place: SealedPlace, sealed: Uint8Array): Buffer<ArrayBuffer> | null;
  /** A name for an attachment, 64 hex digits, that tells only who holds the session's key what it is a name of. */
  nameOf(sessionKey: string, attachmentId: string): string;
};

export type SealedPieces = {
  /** What stands before the first piece. */
  begin: Buffer;
  piece(plain: Uint8Array): Buffer;
  /** What stands after the last one. */
  end(): Buffer;
};

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function createEncryptor({
  keys,
  isOn,
}: {
  keys: Pick<EncryptionKeys, "keyFor">;
  isOn: boolean;
}): Encryptor {
  function sealPieces({ use, key, name }: SealedPlace): SealedPieces {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, keys.keyFor(key, use), nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(contextOf({ use, key, name }));
    return {
      begin: nonce,
      piece: (plain) => cipher.update(plain),
      end: () => Buffer.concat([cipher.final(), cipher.getAuthTag()]),
    };
  }

  function open({ use, key, name }: SealedPlace, sealed: Uint8Array): Buffer<ArrayBuffer> | null {
    const secret = keys.keyFor(key, use);
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, secret, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(contextOf({ use, key, name }));
    decipher.setAuthTag(sealed.subarray(end));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]);
    } catch {
      // Node says no more than that it does not fit.
      return null;
    }
  }

  return {
    isOn,
    sealPieces,
    open,
    sealText(place, plain) {
      const { begin, piece, end } = sealPieces(place);
      const bytes = typeof plain === "string" ? Buffer.from(plain) : plain;
      return Buffer.concat([begin, piece(bytes), end()]).toString("base64url");
    },
    openText(place, sealed) {
      const bytes = Buffer.from(sealed, "base64url");
      // Node reads over what is no base64url, and what was changed shall not pass unseen.
      return bytes.toString("base64url") === sealed ? open(place, bytes) : null;
    },
    nameOf: (sessionKey, attachmentId) =>
      createHmac("sha256", keys.keyFor(sessionKey, "attachment-name")).update(attachmentId).digest("hex"),
  };
}

function contextOf({ use, key, name }: SealedPlace): Buffer {
  return Buffer.from(JSON.stringify(["holdfast", use, key, name]));
}
