import { createHash } from "node:crypto";
import type { Encryptor } from "./encryptor";
import type { NewFile } from "~/store/volume/volume";

/**
 * An attachment in its sealed form. What it is called is known only at its end, so it is not bound to its name when
 * it is sealed: whoever opens it makes sure that its bytes are those that were asked for.
 */
const placeOf = (sessionKey: string) => ({ use: "attachment", key: sessionKey, name: "" }) as const;

/** A file that is sealed while it is written, in no more memory than its pieces need. */
export function sealNewFile(encryptor: Encryptor, sessionKey: string, file: NewFile): NewFile {
  const { begin, piece, end } = encryptor.sealPieces(placeOf(sessionKey));
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

export function sealFile(encryptor: Encryptor, sessionKey: string, bytes: Uint8Array): Buffer {
  const { begin, piece, end } = encryptor.sealPieces(placeOf(sessionKey));
  return Buffer.concat([begin, piece(bytes), end()]);
}

/** Null where it is damaged, or not the file with this id. */
export function openFile(encryptor: Encryptor, sessionKey: string, id: string, sealed: Uint8Array) {
  const bytes = encryptor.open(placeOf(sessionKey), sealed);
  return bytes && createHash("sha256").update(bytes).digest("hex") === id ? bytes : null;
}
