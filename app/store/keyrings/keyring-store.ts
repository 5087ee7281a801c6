import type { Encryptor } from "~/store/encryption/encryptor";
import type { ContentChange, UpdateOptions } from "~/store/documents/commit-change";
import type { Layout } from "~/store/documents/layout";
import { removeQuarantined } from "~/store/documents/quarantine";
import {
  createReader,
  createRevisionStore,
  whileReading,
  type Reader,
  type RevisionStoreOptions,
} from "~/store/documents/revision-store";
import { purgeDeleted } from "~/store/documents/tombstone";
import {
  deleteKeyring,
  livingKeyring,
  renewKeyring,
  writeKeyring,
  type KeyringState,
  type KeyringWrite,
  type WriteResult,
} from "./change-keyring";
import { createKeyringCodec, createKeyringHeaderCodec, createKeyringRemovalCodec } from "./keyring-codec";
import { keyringBusy, keyringContents, keyringDocuments, keyringTombstone } from "./keyring-documents";
import type { StoredKeyring } from "./stored-keyring";

/**
 * Keyrings: lists of conversations that browsers have sealed, by the hash of the keyring's id. They are committed as
 * sessions are (app/store/PROTOCOL.md). Any number of nodes may use the store at once.
 */
export type KeyringStore = {
  /**
   * Reads the newest revision, and puts it on stable storage; null where there is no keyring. Reading counts as use: a
   * keyring that was last used long ago gets a revision of the same version, so that retention keeps it.
   * @throws ExpectedError `keyring_gone`, `session_newer_format`, `session_busy`, `volume_unavailable`
   */
  read(keyringHash: string): Promise<StoredKeyring | null>;
  /** The version that `read` would return, where it is known without reading the keyring; else null. */
  knownVersion(keyringHash: string): Promise<number | null>;
  /**
   * The newest version, for watchers; null where there is no keyring. Needs no encryption key.
   * @throws what `read` throws
   */
  version(keyringHash: string): Promise<number | null>;
  /**
   * Makes one commit, see `writeKeyring`. When it resolves what was written is on stable storage.
   * @returns `conflict` where the newest version is another than the expected one
   * @throws ExpectedError as `read` does; `keyring_not_found`, `keyring_full`
   */
  write(keyringHash: string, write: KeyringWrite): Promise<WriteResult>;
  /** Deletes a keyring for good, also one that is damaged or of a newer version. No error where there is none. */
  remove(keyringHash: string): Promise<void>;
};

export type KeyringStoreOptions = RevisionStoreOptions & {
  layout: Layout;
  /** Encrypts keyrings if it is on, and decrypts them. */
  encryptor: Encryptor;
  /** The time of day. */
  clock: () => Date;
  /** Time without use after which a read counts as use, in milliseconds; null where no keyring is removed for its age. */
  renewAfterMs: number | null;
  /** Called after every commit and every removal (rev null) of this store. */
  onCommit: (keyringHash: string, rev: number | null) => void;
};

export function createKeyringStore(options: KeyringStoreOptions): KeyringStore {
  const { volume, clock, renewAfterMs } = options;
  const kind = keyringDocuments(options.layout);
  const documents = createRevisionStore({
    ...options,
    kind,
    contents: keyringContents,
    busy: keyringBusy,
  });
  const keyrings = createReader(createKeyringCodec(options.encryptor));
  const headers = createReader(createKeyringHeaderCodec());
  const removals = createReader(createKeyringRemovalCodec());
  const now = () => clock().toISOString();

  function commit<T>(hash: string, change: ContentChange<KeyringState, T>, how: CommitHow) {
    const { reader = keyrings, update = WRITE, onCommit = (rev) => options.onCommit(hash, rev) } = how;
    return documents.commit(hash, change, { reader, update, giveUpAt: how.giveUpAt, onCommit });
  }

  const isUnused = ({ usedAt }: StoredKeyring) =>
    renewAfterMs !== null && clock().getTime() - Date.parse(usedAt) >= renewAfterMs;

  /** A keyring that cannot be renewed now is served all the same: the next read tries again. */
  async function renewed(hash: string, keyring: StoredKeyring): Promise<StoredKeyring> {
    const renew = (giveUpAt: number) => commit(hash, renewKeyring(keyring.version, now()), { giveUpAt });
    const { document } = await documents
      .inTurn(hash, WRITE.asked, renew)
      .catch(() => ({ document: keyring }));
    return livingKeyring(document) ?? keyring;
  }

  /** The newest document, if this node has it in memory, by a listing. */
  async function knownDocument(hash: string): Promise<StoredKeyring | null> {
    const head = await documents.headRevision(hash);
    return (head && keyrings.codec.known(hash, head.rev)?.document) ?? null;
  }

  async function remove(hash: string, giveUpAt: number) {
    const tombstone = keyringTombstone(now(), { deleted: true });
    const onCommit = () => options.onCommit(hash, null);
    await commit(hash, deleteKeyring(tombstone), { reader: removals, update: DELETE, giveUpAt, onCommit });
    keyrings.codec.forget(hash);
    await purgeDeleted({ volume, kind }, hash);
    await removeQuarantined({ volume, kind }, hash);
  }

  return {
    async read(hash) {
      const { document } = await whileReading(() => documents.read(hash, keyrings));
      const keyring = livingKeyring(document);
      return keyring && isUnused(keyring) ? renewed(hash, keyring) : keyring;
    },
    async knownVersion(hash) {
      const known = await whileReading(() => knownDocument(hash));
      return known && !isUnused(known) ? known.version : null;
    },
    version: (hash) =>
      whileReading(async () => {
        const known = await knownDocument(hash);
        if (known) return known.version;
        const { document } = await documents.read(hash, headers);
        return livingKeyring(document)?.version ?? null;
      }),
    async write(hash, asked) {
      const write = (giveUpAt: number) => commit(hash, writeKeyring(asked, now()), { giveUpAt });
      return (await documents.inTurn(hash, WRITE.asked, write)).result;
    },
    remove: (hash) => documents.inTurn(hash, DELETE.asked, (giveUpAt) => remove(hash, giveUpAt)),
  };
}

const WRITE: UpdateOptions = { asked: "keyring" };
const DELETE: UpdateOptions = { ...WRITE, fromReserve: true };

type CommitHow = {
  giveUpAt: number;
  reader?: Reader<StoredKeyring>;
  update?: UpdateOptions;
  onCommit?: (rev: number) => void;
};
