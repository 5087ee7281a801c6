import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import type { EncryptionKeys, KeyUse } from "./encryption-keys";

/** Where encrypted data belongs: its authenticated data. It cannot be decrypted with another context. */
export type EncryptionContext = {
  use: KeyUse;
  /** Hash of the secret from which the encryption key is derived: a session's id, or a link's. */
  key: string;
  /** Distinguishes data with the same secret and use. */
  name: string;
};

/**
 * Encryption at rest: AES-256-GCM with a random nonce and the context as authenticated data. The form is
 * `nonce | ciphertext | tag`. Encryption can be switched on and off at any time: a node reads encrypted and plain data
 * whichever of them it writes.
 */
export type Encryptor = {
  /** Whether new data is to be encrypted. */
  isOn: boolean;
  /** Encrypts to base64url. @throws KeyNotHeld, like all methods */
  encryptText(context: EncryptionContext, plain: string | Uint8Array): string;
  /** @returns null for data that was encrypted for another context, or was changed */
  decryptText(context: EncryptionContext, encrypted: string): Buffer<ArrayBuffer> | null;
  /** Encrypts a file piece by piece. */
  encryptPieces(context: EncryptionContext): EncryptedPieces;
  /** Decrypts the whole output of `encryptPieces`. */
  decrypt(context: EncryptionContext, encrypted: Uint8Array): Buffer<ArrayBuffer> | null;
  /** A name for an attachment, 64 hex digits. Only with the session's key can it be linked to the attachment's id. */
  nameOf(sessionHash: string, attachmentId: string): string;
};

export type EncryptedPieces = {
  /** Bytes before the first piece. */
  begin: Buffer;
  piece(plain: Uint8Array): Buffer;
  /** Bytes after the last piece. */
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
  function encryptPieces({ use, key, name }: EncryptionContext): EncryptedPieces {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, keys.keyFor(key, use), nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(contextOf({ use, key, name }));
    return {
      begin: nonce,
      piece: (plain) => cipher.update(plain),
      end: () => Buffer.concat([cipher.final(), cipher.getAuthTag()]),
    };
  }

  function decrypt({ use, key, name }: EncryptionContext, encrypted: Uint8Array): Buffer<ArrayBuffer> | null {
    const secret = keys.keyFor(key, use);
    if (encrypted.length < NONCE_BYTES + TAG_BYTES) return null;
    const end = encrypted.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, secret, encrypted.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(contextOf({ use, key, name }));
    decipher.setAuthTag(encrypted.subarray(end));
    try {
      return Buffer.concat([decipher.update(encrypted.subarray(NONCE_BYTES, end)), decipher.final()]);
    } catch {
      // The data does not authenticate; Node's error says no more than that.
      return null;
    }
  }

  return {
    isOn,
    encryptPieces,
    decrypt,
    encryptText(context, plain) {
      const { begin, piece, end } = encryptPieces(context);
      const bytes = typeof plain === "string" ? Buffer.from(plain) : plain;
      return Buffer.concat([begin, piece(bytes), end()]).toString("base64url");
    },
    decryptText(context, encrypted) {
      const bytes = Buffer.from(encrypted, "base64url");
      // Node ignores characters that are not base64url, so compare: changed text must not be accepted.
      return bytes.toString("base64url") === encrypted ? decrypt(context, bytes) : null;
    },
    nameOf: (sessionHash, attachmentId) =>
      createHmac("sha256", keys.keyFor(sessionHash, "attachment-name")).update(attachmentId).digest("hex"),
  };
}

function contextOf({ use, key, name }: EncryptionContext): Buffer {
  return Buffer.from(JSON.stringify(["holdfast", use, key, name]));
}
