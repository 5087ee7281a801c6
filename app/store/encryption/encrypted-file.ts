import { createHash } from "node:crypto";
import type { Encryptor } from "./encryptor";
import type { NewFile } from "~/store/volume/volume";

/**
 * The context of an encrypted attachment. The attachment's id, a hash of its bytes, is known only after all of them were
 * encrypted, so the context does not contain it: `decryptFile` compares the hash instead.
 */
const contextOf = (sessionHash: string) => ({ use: "attachment", key: sessionHash, name: "" }) as const;

/** Encrypts a file while it is written, in memory for one piece. */
export function encryptNewFile(encryptor: Encryptor, sessionHash: string, file: NewFile): NewFile {
  const { begin, piece, end } = encryptor.encryptPieces(contextOf(sessionHash));
  let isBegun = false;

  async function write(bytes: Uint8Array) {
    if (!isBegun) await file.write(begin);
    isBegun = true;
    await file.write(bytes);
  }

  return {
    write: (bytes) => write(piece(bytes)),
    async sync() {
      await write(end());
      await file.sync();
    },
    close: () => file.close(),
  };
}

export function encryptFile(encryptor: Encryptor, sessionHash: string, bytes: Uint8Array): Buffer {
  const { begin, piece, end } = encryptor.encryptPieces(contextOf(sessionHash));
  return Buffer.concat([begin, piece(bytes), end()]);
}

/** @returns null where the file is damaged, or is not the one with this id */
export function decryptFile(encryptor: Encryptor, sessionHash: string, id: string, encrypted: Uint8Array) {
  const bytes = encryptor.decrypt(contextOf(sessionHash), encrypted);
  return bytes && createHash("sha256").update(bytes).digest("hex") === id ? bytes : null;
}
