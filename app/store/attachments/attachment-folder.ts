import type { Encryptor } from "~/store/encryption/encryptor";
import { newerFormat } from "~/store/newer-format";
import type { Layout } from "~/store/documents/layout";
import { listIfThere } from "~/store/volume/list-folder";
import type { Volume } from "~/store/volume/volume";
import {
  attachmentName,
  parseAttachmentName,
  parseLaterName,
  type StoredAttachment,
} from "./attachment-names";

/** The attachments of one session as its folder lists them. An id is the SHA-256 of a file's bytes. */
export type AttachmentFolder = {
  readonly path: string;
  /** Names in the folder; none where there is no folder. */
  names(): Promise<string[]>;
  /** The stored attachments among listed names. */
  filesAmong(names: readonly string[]): StoredAttachment[];
  /**
   * The stored attachments with an id, among listed names: none, one, or one beside a copy that a sweep has set aside.
   * @throws ExpectedError `session_newer_format` where only a newer version's file has the id
   */
  withId(id: string, names: readonly string[]): StoredAttachment[];
  /** A test whether a stored attachment has an id. */
  hasId(id: string): (file: StoredAttachment) => boolean;
  /** How a file with this id is stored from now on: encrypted where encryption is on. */
  newFile(id: string, rest: Pick<StoredAttachment, "size" | "form">): StoredAttachment;
  pathOf(file: StoredAttachment): string;
};

export function attachmentFolder(
  { volume, layout, encryptor }: { volume: Volume; layout: Layout; encryptor: Encryptor },
  sessionHash: string,
): AttachmentFolder {
  const path = layout.attachmentFolder(sessionHash);

  function hasId(id: string): (file: StoredAttachment) => boolean {
    let encryptedName: string | null = null;
    return (file) =>
      file.id === (file.isEncrypted ? (encryptedName ??= encryptor.nameOf(sessionHash, id)) : id);
  }

  const filesAmong = (names: readonly string[]) => names.flatMap((name) => parseAttachmentName(name) ?? []);

  return {
    path,
    names: async () => (await listIfThere(volume, path)) ?? [],
    filesAmong,
    withId(id, names) {
      const found = filesAmong(names).filter(hasId(id));
      const later = found.length > 0 ? [] : names.flatMap((name) => parseLaterName(name) ?? []);
      if (later.some((other) => other === id || other === encryptor.nameOf(sessionHash, id)))
        throw newerFormat("This file", "the form in its name is unknown");
      return found;
    },
    hasId,
    newFile: (id, rest) => ({
      ...rest,
      id: encryptor.isOn ? encryptor.nameOf(sessionHash, id) : id,
      isEncrypted: encryptor.isOn,
      unsentAt: null,
    }),
    pathOf: (file) => `${path}/${attachmentName(file)}`,
  };
}
