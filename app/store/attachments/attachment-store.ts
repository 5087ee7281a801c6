import type { AttachmentPart, AttachmentType, AttachmentView } from "~/conversation/files/attachment";
import { decryptFile, encryptNewFile } from "~/store/encryption/encrypted-file";
import type { Encryptor } from "~/store/encryption/encryptor";
import { temporaryName, type Layout } from "~/store/documents/layout";
import { listIfThere } from "~/store/volume/list-folder";
import { hasCode, unlessGone, unlessMissing } from "~/store/volume/errno";
import type { NewFile, Volume } from "~/store/volume/volume";
import { failedSentence, onVolume } from "~/store/volume/volume-failure";
import { deletedDuringUpload } from "./attachment-errors";
import { attachmentFolder, type AttachmentFolder } from "./attachment-folder";
import { typeOf } from "./attachment-names";
import { checkRoom } from "./check-room";
import { copyAttachments } from "./copy-attachments";
import { holdAttachments } from "./hold-attachments";
import { receiveFile } from "./receive-file";

/**
 * The files that were attached in a session, each under the SHA-256 of its bytes in a folder of the session. They are
 * stored before a message names them, and removed with the session.
 */
export type AttachmentStore = {
  /**
   * Stores a file; the same bytes are stored once. When it resolves the file is on stable storage. Only whole files
   * are ever found under a hash. Errors of `bytes` are thrown to the caller.
   * @throws ExpectedError `attachment_too_large`, `unsupported_media_type`, `attachments_full`,
   * `session_not_found` where the session was deleted meanwhile, `volume_unavailable`
   */
  put(sessionHash: string, filename: string, bytes: AsyncIterable<Uint8Array>): Promise<AttachmentView>;
  /**
   * Reads a file; null where it is missing, or is damaged: its length and its hash are in its name.
   * @throws ExpectedError `volume_unavailable`, and like all methods that name a file `session_newer_format`
   */
  read(
    sessionHash: string,
    id: string,
  ): Promise<{ bytes: Buffer<ArrayBuffer>; mediaType: AttachmentType } | null>;
  /** Whether a file is stored, without reading it. @throws ExpectedError `volume_unavailable` */
  has(sessionHash: string, id: string): Promise<boolean>;
  /**
   * Protects the files that a message is about to name from sweeps, until the message is committed.
   * @throws ExpectedError `attachment_not_found`, `bad_request` where a part does not describe the stored file
   */
  hold(sessionHash: string, parts: readonly AttachmentPart[]): Promise<void>;
  /**
   * Copies files to another session, if there is room for all. Missing ones are left out.
   * @returns the ids of the files that were copied
   * @throws ExpectedError `attachments_full`, `volume_unavailable`
   */
  copy(fromSessionHash: string, toSessionHash: string, ids: readonly string[]): Promise<string[]>;
  /** Removes all files of a session. No error where there are none. */
  remove(sessionHash: string): Promise<void>;
};

export type AttachmentStoreOptions = {
  volume: Volume;
  layout: Layout;
  /** This instance, `name.boot`, in the names of temporary files. */
  instance: string;
  newId: () => string;
  /** Encrypts files if it is on, and decrypts them. */
  encryptor: Encryptor;
  /** Called after a file was found damaged. */
  onDamage: (sessionHash: string, id: string) => void;
  /** Limit of one file, in bytes. */
  maxBytes: number;
  /** Limit of all files of a session, in bytes. */
  maxSessionBytes: number;
  maxSessionFiles?: number;
};

/** Attempts to read a file that was renamed between each listing and the read. */
const READ_ATTEMPTS = 5;

export function createAttachmentStore(options: AttachmentStoreOptions): AttachmentStore {
  const { volume, encryptor, maxSessionBytes, maxSessionFiles = 500 } = options;
  const limits = { maxSessionBytes, maxSessionFiles };
  const folderOf = (sessionHash: string) => attachmentFolder(options, sessionHash);
  const listFiles = async ({ names, filesAmong }: AttachmentFolder) => filesAmong(await names());

  async function put(sessionHash: string, filename: string, bytes: AsyncIterable<Uint8Array>) {
    const folder = folderOf(sessionHash);
    const temporary = `${folder.path}/${temporaryName(options.newId(), options.instance)}`;
    const file = await createFile(volume, folder.path, temporary);
    try {
      const target = encryptor.isOn ? encryptNewFile(encryptor, sessionHash, file) : file;
      const { id, size, form } = await receiveFile(target, bytes, options.maxBytes);
      checkRoom(folder, await listFiles(folder), new Map([[id, size]]), limits);
      // Replaces a file with the same bytes, whose new time of change protects it from sweeps.
      await volume.rename(temporary, folder.pathOf(folder.newFile(id, { size, form }))).catch(ifDeleted);
      await volume.syncFolder(folder.path).catch(ifDeleted);
      return { id, mediaType: typeOf(form, filename), filename, size };
    } catch (error) {
      // Must not hide `error`; a file that cannot be removed now is removed by a sweep.
      await volume.unlink(temporary).catch(() => undefined);
      throw error;
    }
  }

  async function read(sessionHash: string, id: string) {
    const folder = folderOf(sessionHash);
    for (let attempt = 1; ; attempt++) {
      const [file] = folder.withId(id, await folder.names());
      if (!file) return null;
      try {
        const stored = await volume.read(folder.pathOf(file));
        const bytes = file.isEncrypted ? decryptFile(encryptor, sessionHash, id, stored.bytes) : stored.bytes;
        const isWhole = bytes?.byteLength === file.size && (file.isEncrypted || (await hasHash(bytes, id)));
        if (isWhole) return { bytes, mediaType: typeOf(file.form) };
        options.onDamage(sessionHash, id);
        return null;
      } catch (error) {
        // Renamed by a sweep, or replaced by the same bytes, since it was listed.
        if (attempt === READ_ATTEMPTS) throw error;
        unlessGone(error);
      }
    }
  }

  async function copy(fromSessionHash: string, toSessionHash: string, ids: readonly string[]) {
    const [from, to] = [folderOf(fromSessionHash), folderOf(toSessionHash)];
    const listed = await from.names();
    const found = [...new Set(ids)].flatMap((id) => {
      const [file] = from.withId(id, listed);
      return file ? [{ id, file }] : [];
    });
    checkRoom(to, await listFiles(to), new Map(found.map(({ id, file }) => [id, file.size])), limits);
    const { instance, newId } = options;
    const readSource = (id: string) => read(fromSessionHash, id);
    const target = { sessionHash: toSessionHash, to };
    return copyAttachments({ volume, encryptor, instance, newId, read: readSource, ...target }, from, found);
  }

  async function remove(sessionHash: string) {
    const { path } = folderOf(sessionHash);
    // An NFS client may remember that the folder was missing; a listing refreshes that.
    if (!(await listIfThere(volume, path))) return;
    const doomed = `${path}.${options.newId()}.deleted`;
    // In one step for all nodes: an upload that is under way finds its file gone.
    await volume.rename(path, doomed).catch(unlessGone);
    await volume.removeFolder(doomed);
  }

  async function has(sessionHash: string, id: string) {
    const folder = folderOf(sessionHash);
    return (await listFiles(folder)).some(folder.hasId(id));
  }

  return {
    put: (sessionHash, filename, bytes) =>
      onVolume(() => put(sessionHash, filename, bytes), "written", NOT_STORED),
    read: (sessionHash, id) => onVolume(() => read(sessionHash, id), "read", TRY_AGAIN),
    has: (sessionHash, id) => onVolume(() => has(sessionHash, id), "read", TRY_AGAIN),
    hold: (sessionHash, parts) =>
      onVolume(() => holdAttachments(volume, folderOf(sessionHash), parts), "read", failedSentence("send")),
    copy: (fromSessionHash, toSessionHash, ids) =>
      onVolume(() => copy(fromSessionHash, toSessionHash, ids), "written", failedSentence("fork")),
    remove: (sessionHash) => onVolume(() => remove(sessionHash), "written", failedSentence("delete")),
  };
}

const NOT_STORED = "The file was not stored. Try again soon.";
const TRY_AGAIN = "Try again soon.";

/** Whether bytes have this SHA-256, in hex. On a thread: some ten milliseconds for the longest file. */
async function hasHash(bytes: Buffer<ArrayBuffer>, id: string): Promise<boolean> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex") === id;
}

/** Makes the folder, once more if a sweep has removed it as empty before its first file was created. */
async function createFile(volume: Volume, folder: string, path: string): Promise<NewFile> {
  await volume.makeFolder(folder);
  try {
    return await volume.createFile(path);
  } catch (error) {
    unlessMissing(error);
    await volume.makeFolder(folder);
    return volume.createFile(path);
  }
}

/** @throws `session_not_found` where the folder is gone, else the error */
function ifDeleted(error: unknown): never {
  throw hasCode(error, "ENOENT") ? deletedDuringUpload() : error;
}
