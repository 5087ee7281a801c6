import { newId } from "~/conversation/session/session-id";
import { ApiError } from "~/browser/chat/api-error";
import { createEntryStore } from "~/browser/conversations/entry-store";
import { createConversationEntries } from "~/browser/conversations/conversation-entries";
import type { OutgoingMessage } from "~/browser/drafts/outbox";
import { createStoredDrafts } from "~/browser/drafts/stored-drafts";
import { createPresets } from "~/browser/presets/presets";
import { createPreferences } from "~/browser/storage/preferences";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { fakeStorage } from "~/browser/storage/fake-storage";
import type { KeyringDocument } from "./document/document";
import { EMPTY_DOCUMENT } from "./document/document";
import type { KeyringApi, ReadAnswer, WriteAnswer } from "./keyring-api";
import { createLocalDocument, type LocalSources } from "./document/local-document";
import { createReservedIds } from "./reserved-ids";
import { reservedIds, takeReservedId } from "./reserved-store";
import type { KeyringCipher } from "./sealing/secret";
import { createKeyringSync, type SeenRevision } from "./sync";

/** What becomes of a request of a fake device. */
export type Fate = "arrives" | "request lost" | "answer lost" | "repeated";

/** A server with one keyring, in memory, for tests. It knows which conversations exist, too. */
export function createFakeServer() {
  let rev = 0;
  let base = new Uint8Array();
  /** By revision, what was appended to make it. */
  const appended = new Map<number, Uint8Array>();
  let isGone = false;
  const sessions = new Set<string>();
  const stored = { writes: 0, bytes: 0 };
  /** Most bytes of the keyring. */
  const limit = { bytes: Infinity };

  const whole = () => new Uint8Array(Buffer.concat([base, ...appended.values()]));
  const present = (): ReadAnswer =>
    isGone ? { kind: "gone" } : rev === 0 ? { kind: "absent" } : { kind: "whole", rev, bytes: whole() };

  function read(since: number | null): ReadAnswer {
    if (isGone || rev === 0 || since === null) return present();
    if (since === rev) return { kind: "unchanged" };
    const later = Array.from({ length: Math.max(0, rev - since) }, (_, at) => appended.get(since + 1 + at));
    if (since > rev || later.includes(undefined)) return present();
    return { kind: "appended", rev, bytes: new Uint8Array(Buffer.concat(later as Uint8Array[])) };
  }

  /** @param after what the stored bytes must end with; null for a write of all bytes */
  function write(before: number, bytes: Uint8Array, after: Uint8Array | null): WriteAnswer {
    if (isGone) return { kind: "gone" };
    const isContinued = !after || Buffer.from(whole()).subarray(-after.length).equals(after);
    if (before !== rev || !isContinued)
      return rev === 0 ? { kind: "absent" } : { kind: "conflict", rev, bytes: whole() };
    if (bytes.length + (after ? whole().length : 0) > limit.bytes) return { kind: "full" };
    rev += 1;
    stored.writes += 1;
    stored.bytes += bytes.length;
    if (!after) {
      base = new Uint8Array(bytes);
      appended.clear();
    } else appended.set(rev, bytes);
    return { kind: "stored", rev };
  }

  return {
    ...{ sessions, stored, limit, read, write },
    rev: () => rev,
    size: () => whole().length,
    snapshot: () => ({ rev, base, appended: new Map(appended) }),
    /** As after the restoration of a backup. */
    restore(kept: { rev: number; base: Uint8Array; appended: Map<number, Uint8Array> }) {
      rev = kept.rev;
      base = new Uint8Array(kept.base);
      appended.clear();
      for (const [at, bytes] of kept.appended) appended.set(at, bytes);
    },
    remove: () => void (isGone = true),
  };
}

export type FakeServer = ReturnType<typeof createFakeServer>;

function requests(fate: () => Fate) {
  return async <T>(handle: () => T): Promise<T> => {
    await Promise.resolve();
    const lost = () => new ApiError("unreachable", "Lost.", 0);
    if (fate() === "request lost") throw lost();
    const answer = handle();
    if (fate() === "repeated") handle();
    if (fate() === "answer lost") throw lost();
    return answer;
  };
}

/** A browser with the real storage of everything that a keyring carries. */
export function createFakeDevice(server: FakeServer, cipher: KeyringCipher, name: string, now: () => number) {
  let fate: Fate = "arrives";
  const shared = createSafeStorage(() => fakeStorage());
  const onOtherTab = () => undefined;
  const clock = { now, after: (_: number, act: () => void) => (queueMicrotask(act), () => undefined) };
  const store = createEntryStore({ shared, onOtherTab, clock, writer: `.${name}` });
  const { remember, edit, announceDeletion, index } = createConversationEntries(store, newId);
  store.subscribe(index.update);
  const presets = createPresets({ offered: [], shared, onOtherTab, clock, newId });
  const preferences = createPreferences({ shared, onOtherTab });
  const outbox = new Map<string, OutgoingMessage>();
  const reserved = createReservedIds(shared);
  const deleted: string[] = [];
  const synced: { document: KeyringDocument } = { document: EMPTY_DOCUMENT };
  const sources: LocalSources = {
    ...{ shared, clock, newId, entries: store, presets, reserved },
    changePreferences: preferences.change,
    preferModel: (id) => shared.set("holdfast.model", id),
    drafts: createStoredDrafts(shared, () => undefined),
    unsent: () => [...outbox],
    onUnsent: (id, message) => void (outbox.has(id) || outbox.set(id, message)),
    clearUnsent: (id) => void outbox.delete(id),
    onDeleted: (ids) => void deleted.push(...ids),
    onSynced: (document) => void (synced.document = document),
  };
  const local = createLocalDocument(sources, name);

  const through = requests(() => fate);
  const api: KeyringApi = {
    id: cipher.id,
    read: (since) => through(() => server.read(since)),
    put: (rev, bytes) => through(() => server.write(rev, bytes, null)),
    append: (rev, bytes, after) => through(() => server.write(rev, bytes, after)),
    remove: () => through(server.remove),
    watch: () => new Promise(() => undefined),
  };
  let seen: SeenRevision | null = null;
  const rollbacks = { count: 0 };
  const finish = () => {
    for (const [key, { gone }] of store.all()) {
      if (typeof gone?.[0] !== "string") continue;
      server.sessions.delete(gone[0]);
      store.change([[key, { gone: true }]]);
    }
  };
  const newSync = () =>
    createKeyringSync({
      ...{ api, cipher, local, clock, random: () => 0.5 },
      seen: { read: () => seen, put: (next) => void (seen = next) },
      existing: (keys) => through(() => new Set(keys.filter((key) => server.sessions.has(idOf(key))))),
      onDeleted: (keys) => store.change(keys.map((key) => [key.slice(2), { gone: true }])),
      onRollback: () => void (rollbacks.count += 1),
    });
  const idOf = (key: string) => store.get(key.slice(2))?.id?.[0] as string;
  let sync = newSync();

  return {
    ...{
      shared,
      store,
      index,
      remember,
      edit,
      presets,
      preferences,
      outbox,
      reserved,
      deleted,
      synced,
      rollbacks,
    },
    ...{ local, finish, sources },
    draft: (id: string) => shared.get(`holdfast.draft.${id}`) ?? "",
    type: (id: string, text: string) =>
      text === "" ? shared.remove(`holdfast.draft.${id}`) : shared.set(`holdfast.draft.${id}`, text),
    take: () => takeReservedId(reservedIds(shared)),
    begin(id: string, title: string) {
      server.sessions.add(id);
      remember({ id, title, updatedAt: new Date(now()).toISOString(), saved: true });
    },
    /** Records the deletion; `finish` carries it out. */
    remove: announceDeletion,
    ids: () =>
      index
        .all()
        .map(({ id }) => id)
        .sort(),
    run: (how: { mayCreate?: boolean; isToRead?: boolean } = {}) => sync.run({ isToRead: true, ...how }),
    setFate: (next: Fate) => void (fate = next),
    /** What is in memory is gone. */
    reload: () => void (sync = newSync()),
  };
}

export type FakeDevice = ReturnType<typeof createFakeDevice>;
