import type { Encryptor } from "~/store/encryption/encryptor";
import { encryptFile } from "~/store/encryption/encrypted-file";
import { temporaryName } from "~/store/documents/layout";
import { hasCode } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";
import type { AttachmentFolder } from "./attachment-folder";
import type { StoredAttachment } from "./attachment-names";

export type CopyOptions = {
  volume: Volume;
  encryptor: Encryptor;
  /** This instance, `name.boot`, in the names of temporary files. */
  instance: string;
  newId: () => string;
  /** Reads and decrypts a file of the session that is copied from; null where it is missing or damaged. */
  read: (id: string) => Promise<{ bytes: Uint8Array } | null>;
  /** Hash of the session that is copied to: its key encrypts the copies. */
  sessionHash: string;
  to: AttachmentFolder;
};

/**
 * Copies files to another session's folder. A plain file gets one more hard link; an encrypted one is decrypted and
 * encrypted with the key of the session that it is copied to.
 * @returns the ids of the files that were copied
 * @throws what the volume throws
 */
export async function copyAttachments(
  options: CopyOptions,
  from: AttachmentFolder,
  files: readonly { id: string; file: StoredAttachment }[],
): Promise<string[]> {
  const { volume, to } = options;
  const copied: string[] = [];
  for (const { id, file } of files) {
    const target = to.newFile(id, file);
    if (copied.length === 0) await volume.makeFolder(to.path);
    if (!file.isEncrypted && !target.isEncrypted)
      await linkFile(options, from.pathOf(file), to.pathOf(target));
    else {
      const content = await options.read(id);
      if (!content) continue;
      await writeFile(options, target, content.bytes);
    }
    copied.push(id);
  }
  if (copied.length > 0) await volume.syncFolder(to.path);
  return copied;
}

/** Links a file, or copies its bytes where it has as many links as the file system allows (EMLINK; 177 on EFS). */
async function linkFile(options: CopyOptions, from: string, target: string) {
  const { volume } = options;
  try {
    await volume.link(from, target);
  } catch (error) {
    if (hasCode(error, "EEXIST")) return;
    if (!hasCode(error, "EMLINK")) throw error;
    const temporary = temporaryPath(options);
    await volume.writeNew(temporary, (await volume.read(from)).bytes, { removeIfLate: true });
    await volume.rename(temporary, target);
  }
}

async function writeFile(options: CopyOptions, target: StoredAttachment, bytes: Uint8Array) {
  const { volume, encryptor, sessionHash, to } = options;
  const temporary = temporaryPath(options);
  const content = target.isEncrypted ? encryptFile(encryptor, sessionHash, bytes) : bytes;
  await volume.writeNew(temporary, content, { removeIfLate: true });
  await volume.rename(temporary, to.pathOf(target));
}

const temporaryPath = ({ to, newId, instance }: CopyOptions) =>
  `${to.path}/${temporaryName(newId(), instance)}`;
