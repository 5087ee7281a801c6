import { createHash } from "node:crypto";
import {
  attachmentId,
  attachmentKind,
  formatBytes,
  MAX_IMAGE_BYTES,
  type AttachmentPart,
  type AttachmentType,
  type AttachmentView,
} from "~/conversation/attachment";
import { ExpectedError } from "~/conversation/expected-error";
import { createFormDetector } from "./attachment-form";
import {
  attachmentName,
  isTypeOf,
  parseAttachmentName,
  parseLaterName,
  typeOf,
  type StoredAttachment,
} from "./attachment-names";
import { temporaryName, type Layout } from "~/store/sessions/layout";
import { unlessGone } from "~/store/volume/errno";
import { newerFormat } from "~/store/newer-format";
import { listIfThere } from "~/store/sessions/tombstone";
import { decryptFile, encryptFile, encryptNewFile } from "~/store/encryption/encrypted-file";
import type { Encryptor } from "~/store/encryption/encryptor";
import { errorCode, type NewFile, type Volume } from "~/store/volume/volume";
import { failedSentence, onVolume } from "~/store/volume/volume-failure";

/**
 * The files that were attached in a session, each under the hash of its bytes in a folder of the session's own.
 * They are there before a message names them, and all go with the session.
 */
export type AttachmentStore = {
  /**
   * Stores a file, once however often it is given. When it resolves the file is on stable storage. Whatever
   * happens, nothing else than whole files is found under a hash. What `bytes` throws is thrown to the caller.
   * @throws ExpectedError `attachment_too_large`, `unsupported_media_type`, `attachments_full`,
   * `session_not_found` where the session was deleted meanwhile, `volume_unavailable`
   */
  put(key: string, filename: string, bytes: AsyncIterable<Uint8Array>): Promise<AttachmentView>;
  /**
   * Null for a file that is not there, or sealed and damaged.
   * @throws ExpectedError `volume_unavailable`, and as the others that name a file `session_newer_format`
   */
  read(key: string, id: string): Promise<{ bytes: Buffer<ArrayBuffer>; mediaType: AttachmentType } | null>;
  /** Whether a file is there, without reading it. @throws ExpectedError `volume_unavailable` */
  has(key: string, id: string): Promise<boolean>;
  /**
   * Makes sure that the files that a message is about to name are there, and will be when it has named them.
   * @throws ExpectedError `attachment_not_found`, `bad_request` where a part is not what the file is
   */
  hold(key: string, parts: readonly AttachmentPart[]): Promise<void>;
  /**
   * Gives a session the files of another, if there is room for all. Those that are not there are left out.
   * @returns the ids that were given
   * @throws ExpectedError `attachments_full`, `volume_unavailable`
   */
  copy(fromKey: string, toKey: string, ids: readonly string[]): Promise<string[]>;
  /** Removes all files of a session. No error where there are none. */
  remove(key: string): Promise<void>;
};

export type AttachmentStoreOptions = {
  volume: Volume;
  layout: Layout;
  /** This node and boot, `name.boot`. */
  instance: string;
  newId: () => string;
  /** Opens and seals. */
  encryptor: Encryptor;
  /** Told of a sealed file that does not open. */
  onDamage: (key: string, id: string) => void;
  maxBytes: number;
  maxSessionBytes: number;
  maxSessionFiles?: number;
};

const READ_ATTEMPTS = 5;

export function createAttachmentStore(options: AttachmentStoreOptions): AttachmentStore {
  const { volume, layout, encryptor, maxBytes } = options;

  /** Whether a stored file is the one with this id, which is the hash of its bytes. */
  function hasId(key: string, id: string): (file: StoredAttachment) => boolean {
    let sealedId: string | null = null;
    return (file) => file.id === (file.isSealed ? (sealedId ??= encryptor.nameOf(key, id)) : id);
  }

  /** What a file with this id is from now on, wherever it is stored. */
  const asStored = (key: string, id: string, rest: Pick<StoredAttachment, "size" | "form">) => ({
    ...rest,
    id: encryptor.isOn ? encryptor.nameOf(key, id) : id,
    isSealed: encryptor.isOn,
    unsentAt: null,
  });

  const names = async (key: string) => (await listIfThere(volume, layout.attachmentFolder(key))) ?? [];
  const filesAmong = (listed: readonly string[]) => listed.flatMap((name) => parseAttachmentName(name) ?? []);
  const list = async (key: string): Promise<StoredAttachment[]> => filesAmong(await names(key));

  /** The files with this id: no one where there is none. @throws ExpectedError `session_newer_format` */
  function withId(key: string, id: string, listed: readonly string[]): StoredAttachment[] {
    const found = filesAmong(listed).filter(hasId(key, id));
    const later = found.length > 0 ? [] : listed.flatMap((name) => parseLaterName(name) ?? []);
    if (later.some((other) => other === id || other === encryptor.nameOf(key, id)))
      throw newerFormat("This file", "the form in its name is unknown");
    return found;
  }

  const pathOf = (key: string, file: StoredAttachment) =>
    `${layout.attachmentFolder(key)}/${attachmentName(file)}`;

  async function put(key: string, filename: string, bytes: AsyncIterable<Uint8Array>) {
    const folder = layout.attachmentFolder(key);
    const temporary = `${folder}/${temporaryName(options.newId(), options.instance)}`;
    const file = await begin(folder, temporary);
    try {
      const stored = await receive(encryptor.isOn ? encryptNewFile(encryptor, key, file) : file, bytes);
      checkRoom(key, await list(key), new Map([[stored.id, stored.size]]));
      // Over what is there already: the same bytes, but young again, so that no sweep takes them.
      await volume
        .rename(temporary, pathOf(key, asStored(key, stored.id, stored)))
        .catch((error: unknown) => {
          throw errorCode(error) === "ENOENT" ? deletedMeanwhile() : error;
        });
      await volume.syncFolder(folder).catch((error: unknown) => {
        throw errorCode(error) === "ENOENT" ? deletedMeanwhile() : error;
      });
      return {
        id: stored.id,
        mediaType: typeOf(stored.form, filename),
        filename,
        size: stored.size,
      };
    } catch (error) {
      // Never hides why; what cannot be removed now goes with a sweep.
      await volume.unlink(temporary).catch(() => undefined);
      throw error;
    }
  }

  /** The folder may be swept, being empty, between its making and the first file in it. */
  async function begin(folder: string, temporary: string): Promise<NewFile> {
    await volume.makeFolder(folder);
    try {
      return await volume.createFile(temporary);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      await volume.makeFolder(folder);
      return volume.createFile(temporary);
    }
  }

  /** Writes a file as it comes, in no more memory than its pieces need. */
  async function receive(file: NewFile, bytes: AsyncIterable<Uint8Array>) {
    const hash = createHash("sha256");
    const detector = createFormDetector();
    let size = 0;
    try {
      for await (const piece of bytes) {
        size += piece.byteLength;
        if (size > maxBytes) throw tooLarge(maxBytes);
        hash.update(piece);
        detector.add(piece);
        await file.write(piece);
      }
      await file.sync();
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
    // An NFS client may report a failed write only here.
    await file.close();
    if (size === 0) throw new ExpectedError("bad_request", "The file is empty.");
    const form = await detector.form();
    if (form === null) throw notTaken();
    if (attachmentKind(typeOf(form)) === "image" && size > MAX_IMAGE_BYTES) throw tooLarge(MAX_IMAGE_BYTES);
    return { id: hash.digest("hex"), size, form };
  }

  /** @param added the sizes of the files that a session is to have beside those that are there, by id */
  function checkRoom(key: string, present: readonly StoredAttachment[], added: ReadonlyMap<string, number>) {
    const { maxSessionBytes, maxSessionFiles = 500 } = options;
    const isAdded = [...added.keys()].map((id) => hasId(key, id));
    const sizes = new Map(added);
    for (const file of present) if (!isAdded.some((isSame) => isSame(file))) sizes.set(file.id, file.size);
    const bytes = [...sizes.values()].reduce((sum, each) => sum + each, 0);
    if (bytes <= maxSessionBytes && sizes.size <= maxSessionFiles) return;
    throw new ExpectedError(
      "attachments_full",
      `This conversation holds as many files as it may: ${String(maxSessionFiles)} of ${formatBytes(maxSessionBytes)} in all. Start a new one.`,
    );
  }

  async function read(key: string, id: string) {
    for (let attempt = 1; ; attempt++) {
      const [file] = withId(key, id, await names(key));
      if (!file) return null;
      try {
        const stored = await volume.read(pathOf(key, file));
        const bytes = file.isSealed ? decryptFile(encryptor, key, id, stored.bytes) : stored.bytes;
        if (bytes) return { bytes, mediaType: typeOf(file.form) };
        options.onDamage(key, id);
        return null;
      } catch (error) {
        // Renamed, or replaced by the same bytes, since it was listed.
        if (attempt === READ_ATTEMPTS) throw error;
        unlessGone(error);
      }
    }
  }

  async function hold(key: string, parts: readonly AttachmentPart[]) {
    for (let attempt = 1; parts.length > 0; attempt++) {
      const listed = await names(key);
      const setAside = parts
        .map((part) => requireStored(key, listed, part))
        .filter(({ unsentAt }) => unsentAt !== null);
      if (setAside.length === 0) return;
      if (attempt === READ_ATTEMPTS) throw notThere(parts[0]!);
      // A sweep was about to remove them. Whoever renames is first; it removes only what it has seen under that name.
      for (const file of setAside) {
        await volume.rename(pathOf(key, file), pathOf(key, { ...file, unsentAt: null })).catch(unlessGone);
      }
      await volume.syncFolder(layout.attachmentFolder(key)).catch(unlessGone);
    }
  }

  function requireStored(key: string, listed: readonly string[], part: AttachmentPart) {
    const found = withId(key, attachmentId(part), listed);
    const file = found.find(({ unsentAt }) => unsentAt === null) ?? found[0];
    if (!file) throw notThere(part);
    if (file.size === part.size && isTypeOf(file.form, part.mediaType)) return file;
    throw new ExpectedError("bad_request", `“${part.filename}” is not the file that was stored.`);
  }

  async function copy(fromKey: string, toKey: string, ids: readonly string[]) {
    const listed = await names(fromKey);
    const found = [...new Set(ids)].flatMap((id) => {
      const [file] = withId(fromKey, id, listed);
      return file ? [{ id, file }] : [];
    });
    checkRoom(toKey, await list(toKey), new Map(found.map(({ id, file }) => [id, file.size])));
    const given: string[] = [];
    const folder = layout.attachmentFolder(toKey);
    for (const { id, file } of found) {
      const target = asStored(toKey, id, file);
      if (given.length === 0) await volume.makeFolder(folder);
      if (!file.isSealed && !target.isSealed)
        await linkFile(pathOf(fromKey, file), pathOf(toKey, target), folder);
      else {
        // The key is another one.
        const content = await read(fromKey, id);
        if (!content) continue;
        await writeFile(toKey, target, content.bytes);
      }
      given.push(id);
    }
    if (given.length > 0) await volume.syncFolder(folder);
    return given;
  }

  /** One more name for the same bytes, which never change; a file has no room for endless ones (EMLINK). */
  async function linkFile(from: string, to: string, folder: string) {
    try {
      await volume.link(from, to);
    } catch (error) {
      if (errorCode(error) === "EEXIST") return;
      if (errorCode(error) !== "EMLINK") throw error;
      const temporary = `${folder}/${temporaryName(options.newId(), options.instance)}`;
      await volume.writeNew(temporary, (await volume.read(from)).bytes, { removeIfLate: true });
      await volume.rename(temporary, to);
    }
  }

  async function writeFile(key: string, stored: StoredAttachment, bytes: Uint8Array) {
    const temporary = `${layout.attachmentFolder(key)}/${temporaryName(options.newId(), options.instance)}`;
    const content = stored.isSealed ? encryptFile(encryptor, key, bytes) : bytes;
    await volume.writeNew(temporary, content, { removeIfLate: true });
    await volume.rename(temporary, pathOf(key, stored));
  }

  async function remove(key: string) {
    const folder = layout.attachmentFolder(key);
    // An NFS client may still think that it is not there; to list it makes it look.
    if (!(await listIfThere(volume, folder))) return;
    const doomed = `${folder}.${options.newId()}.deleted`;
    // One step for everybody: an upload that is under way finds its file gone.
    await volume.rename(folder, doomed).catch(unlessGone);
    await volume.removeFolder(doomed);
  }

  return {
    put: (key, filename, bytes) => onVolume(() => put(key, filename, bytes), "written", NOT_STORED),
    read: (key, id) => onVolume(() => read(key, id), "read", TRY_AGAIN),
    has: (key, id) => onVolume(async () => (await list(key)).some(hasId(key, id)), "read", TRY_AGAIN),
    hold: (key, parts) => onVolume(() => hold(key, parts), "read", failedSentence("send")),
    copy: (fromKey, toKey, ids) =>
      onVolume(() => copy(fromKey, toKey, ids), "written", failedSentence("fork")),
    remove: (key) => onVolume(() => remove(key), "written", failedSentence("delete")),
  };
}

const NOT_STORED = "The file was not stored; try again soon.";
const TRY_AGAIN = "Try again soon.";

/** @param limit in bytes */
export function tooLarge(limit: number): ExpectedError {
  return new ExpectedError(
    "attachment_too_large",
    `The file is too large: the limit is ${formatBytes(limit)}.`,
    {
      details: { maxBytes: limit },
    },
  );
}

function notTaken(): ExpectedError {
  return new ExpectedError(
    "unsupported_media_type",
    "Files of this kind are not taken: only PNG, JPEG, WebP and GIF images, PDF, and text in UTF-8 such as Markdown or CSV.",
  );
}

function notThere({ filename }: AttachmentPart): ExpectedError {
  return new ExpectedError(
    "attachment_not_found",
    `“${filename}” is not stored any more. Attach it again, then send.`,
    { details: { filename } },
  );
}

function deletedMeanwhile(): ExpectedError {
  return new ExpectedError("session_not_found", "This conversation was deleted while the file was uploaded.");
}
