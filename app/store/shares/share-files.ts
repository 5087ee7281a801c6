import { z } from "zod";
import { ExpectedError } from "~/conversation/expected-error";
import { parseStored, type Parsed } from "~/conversation/session/parse-stored";
import { HASH_PATTERN } from "~/conversation/session/session-id";
import { shareSnapshot, type ShareSnapshot } from "~/conversation/files/share";
import type { Encryptor } from "~/store/encryption/encryptor";
import { newerFormat } from "~/store/newer-format";
import { parseJson } from "~/store/parse-json";
import type { Layout } from "~/store/documents/layout";
import { unlessGone, unlessMissing, whyNoFile } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";

/** Format 2 is encrypted. A new field raises the number (app/store/FORMATS.md). */
const NEWEST_SHARE_FORMAT = 2;

/** `session` is the hash of the session that was shared. */
const storedShare = z.discriminatedUnion("format", [
  z.strictObject({ format: z.literal(1), session: z.string().regex(HASH_PATTERN), snapshot: shareSnapshot }),
  z.strictObject({ format: z.literal(2), session: z.string().regex(HASH_PATTERN), sealed: z.string() }),
]);

export type StoredShare = z.infer<typeof storedShare>;

/** Parses the file of a share, as far as that needs no key: an encrypted snapshot is not checked. */
export function parseStoredShare(bytes: Buffer): Parsed<StoredShare> {
  const parsed = parseJson(bytes);
  return parsed.kind === "damaged" ? parsed : parseStored(storedShare, parsed.json, NEWEST_SHARE_FORMAT);
}

export type ShareFilesOptions = {
  volume: Volume;
  layout: Layout;
  /** Encrypts snapshots if it is on, and decrypts them, with a key from the secret of the link. */
  encryptor: Encryptor;
  /** Called after a file was read that is damaged. */
  onDamage: (shareHash: string, reason: string) => void;
};

/** The files of shares, by the hash of the link's secret. */
export type ShareFiles = {
  /** The text of the file of a snapshot. */
  encode(shareHash: string, sessionHash: string, snapshot: ShareSnapshot): string;
  /** Null where there is no such file. @throws ExpectedError `share_damaged`, `session_newer_format` */
  read(shareHash: string): Promise<StoredShare | null>;
  /** Decrypts a file that was read. @throws what `read` throws */
  decode(shareHash: string, stored: StoredShare): ShareSnapshot;
  /** Removes a file, durably. No error where there is none. */
  remove(shareHash: string): Promise<void>;
};

export function createShareFiles({ volume, layout, encryptor, onDamage }: ShareFilesOptions): ShareFiles {
  function requireWhole<T>(shareHash: string, parsed: Parsed<T>): T {
    if (parsed.kind === "whole") return parsed.value;
    if (parsed.kind === "newer") throw newerFormat("This conversation", parsed.reason);
    return refuseDamaged(shareHash, `not a snapshot: ${parsed.reason}`);
  }

  function refuseDamaged(shareHash: string, reason: string): never {
    onDamage(shareHash, reason);
    throw new ExpectedError("share_damaged", "The shared conversation is damaged. Ask for a new link.");
  }

  return {
    encode(shareHash, session, snapshot) {
      if (!encryptor.isOn) return toJson({ format: 1, session, snapshot });
      const sealed = encryptor.encryptText(placeOf(shareHash, session), JSON.stringify(snapshot));
      return toJson({ format: 2, session, sealed });
    },

    async read(shareHash) {
      const { folder, name } = layout.share(shareHash);
      let bytes: Buffer;
      try {
        bytes = await volume.readFrom(`${folder}/${name}`, 0);
      } catch (error) {
        const reason = whyNoFile(error);
        if (reason !== null) return refuseDamaged(shareHash, reason);
        unlessGone(error);
        return null;
      }
      return requireWhole(shareHash, parseStoredShare(bytes));
    },

    decode(shareHash, stored) {
      if (stored.format === 1) return stored.snapshot;
      const snapshot = encryptor.decryptText(placeOf(shareHash, stored.session), stored.sealed);
      if (!snapshot) return refuseDamaged(shareHash, "its seal is broken");
      const json: unknown = JSON.parse(snapshot.toString("utf8"));
      return requireWhole(shareHash, parseStored(shareSnapshot, json));
    },

    async remove(shareHash) {
      const { folder, name } = layout.share(shareHash);
      try {
        await volume.unlink(`${folder}/${name}`);
        await volume.syncFolder(folder);
      } catch (error) {
        unlessMissing(error);
      }
    },
  };
}

const toJson = (share: StoredShare) => JSON.stringify(share);

const placeOf = (shareHash: string, sessionHash: string) =>
  ({ use: "share", key: shareHash, name: sessionHash }) as const;
