import { attachmentId } from "~/conversation/files/attachment";
import type { ConversationUpdate } from "~/browser/conversations/conversation-list";
import type { EntryStore } from "~/browser/conversations/entry-store";
import type { HttpClient } from "~/browser/chat/http-client";
import type { PageActivity } from "~/browser/page/page-activity";
import type { PageClock } from "~/browser/page/page-clock";
import type { OnOtherTab } from "~/browser/storage/other-tabs";
import { parseObject } from "~/browser/storage/parse-object";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { idsOfOthers, unsentFiles } from "./document/device-values";
import { KINDS, type KeyringDocument } from "./document/document";
import { createKeyringEngine, type KeyringEngine } from "./engine";
import { createKeyringApi, type KeyringApi } from "./keyring-api";
import { inParts } from "./in-parts";
import { KeyringError } from "./keyring";
import { readConfig, SEEN_KEY } from "./keyring-config";
import { carryOver } from "./document/carry-over";
import { createLocalDocument, type LocalSources } from "./document/local-document";
import { createMoves, type Moves } from "./moves";
import type { PhaseEvent } from "./phase";
import { createReservedIds } from "./reserved-ids";
import { cipherOf, secretToText, type KeyringSecret } from "./sealing/secret";
import { createKeyringSync, type LocalDocument, type SeenRevision } from "./sync";
import type { Passkeys } from "./sealing/webauthn.client";

/** Requests about conversations that are made at a time. */
const AT_A_TIME = 4;

export type KeyringDependencies = {
  http: HttpClient;
  clock: PageClock;
  /** The time of day for stamps. */
  serverClock: Pick<PageClock, "now" | "after">;
  /** Uniform in [0, 1). */
  random: () => number;
  newId: () => string;
  shared: SafeStorage;
  onOtherTab: OnOtherTab;
  activity: PageActivity;
  /** Undefined where the browser has none, as on plain http. */
  locks: LockManager | undefined;
  passkeys: Passkeys;
  /** The name of new passkeys. */
  service: string;
  sources: Omit<
    LocalSources,
    "shared" | "clock" | "newId" | "reserved" | "onDeleted" | "onSynced" | "entries"
  >;
  entries: EntryStore;
  /** The conversation as the server has it; null if it has none. Rejects with an ApiError. */
  findSession: (id: string) => Promise<Pick<ConversationUpdate, "title" | "updatedAt"> | null>;
  remember: (conversation: ConversationUpdate) => void;
  /** Deletes a conversation on the server, and all that this browser has of it. Repeating it is harmless. */
  finishDeletion: (id: string) => Promise<void>;
  /** Moves a session to a new id on the server. Repeating it is harmless. Rejects with an ApiError. */
  moveSession: (from: string, move: { to: string; attachments: string[] }) => Promise<void>;
  /** Whether the conversation is about to be deleted. */
  isLeaving: (id: string) => boolean;
  /** Called with the earlier id of a conversation that was moved. */
  onMoved: (id: string) => void;
  /** Called when this browser has joined a keyring: there may be a draft to show. */
  onJoined: () => void;
  /** Gives this tab's conversation without a message another id, with its draft. */
  renewUnsent: () => void;
  /** Asks the browser to keep what it stores. */
  persist: () => void;
  reload: () => void;
};

/** What this tab has of one keyring, from the secret to the engine. */
export type Connected = {
  secret: KeyringSecret;
  device: string;
  api: KeyringApi;
  engine: KeyringEngine;
  moves: Moves;
  /** Sets fields of entries that only the keyring has. */
  edit: (key: string, values: Readonly<Record<string, unknown>>) => void;
  document: () => KeyringDocument | null;
  run: (options: { mayCreate: boolean }) => Promise<void>;
  stop: () => void;
};

type Connecting = {
  secret: KeyringSecret;
  device: string;
  horizon: number;
  onEvent: (event: PhaseEvent) => void;
  onDocument: (document: KeyringDocument) => void;
  /** Called when there are more or fewer conversations to be moved. */
  onMoves: (left: number) => void;
  /** Called when the storage does not have the secret any more, though it had it. */
  onCleared: () => void;
};

export function connectKeyring(dependencies: KeyringDependencies, connecting: Connecting): Connected {
  const { http, clock, serverClock, random, newId, shared, activity, sources, entries, finishDeletion } =
    dependencies;
  const { secret, device, horizon, onEvent, onDocument, onMoves, onCleared } = connecting;
  const cipher = cipherOf(secret);
  const api = createKeyringApi(http, clock, cipher.id);
  const finishing = new Set<string>();
  let document: KeyringDocument | null = null;

  function finish(ids: readonly string[]) {
    const added = ids.filter((id) => !finishing.has(id));
    for (const id of added) finishing.add(id);
    // What cannot be finished now is tried again after the next exchange.
    void inParts(AT_A_TIME, added, (id) =>
      finishDeletion(id)
        .catch(() => undefined)
        .finally(() => finishing.delete(id)),
    );
  }

  const kept = { ...sources, shared, entries };
  const local = createLocalDocument(
    {
      ...{
        ...kept,
        clock: serverClock,
        newId,
        reserved: createReservedIds(shared),
        onDeleted: finish,
      },
      onSynced(synced) {
        document = synced;
        onDocument(synced);
        finish(
          [...entries.all().values()].flatMap(({ gone }) => (typeof gone?.[0] === "string" ? gone[0] : [])),
        );
      },
    },
    device,
  );
  /** A keyring is joined before its secret is kept. */
  let isFollowed = false;
  const isKept = () => !isFollowed || readConfig(shared)?.secret === secretToText(secret);
  const idOf = (key: string) => entries.get(key.slice(KINDS.list.length))?.id?.[0];
  const sync = createKeyringSync({
    ...{ api, cipher, local: whileKept(local, isKept, onCleared), random, horizon },
    clock: serverClock,
    seen: {
      read: () => readSeen(shared),
      put: (seen) => shared.set(SEEN_KEY, JSON.stringify(seen)),
    },
    async existing(keys) {
      const kept = new Set<string>();
      await inParts(AT_A_TIME, keys, async (key) => {
        const id = idOf(key);
        if (typeof id === "string" && (await dependencies.findSession(id))) kept.add(key);
      });
      return kept;
    },
    onDeleted: (keys) =>
      entries.change(keys.map((key) => [key.slice(KINDS.list.length), { gone: true }] as const)),
    onRollback: () => onEvent("rolledBack"),
  });
  const moves = createMoves({
    ...{ entries, newId, clock, random },
    moveSession: dependencies.moveSession,
    attachmentsOf(id) {
      const own = sources.drafts.all().flatMap((draft) => (draft.id === id ? draft.files : []));
      return [...own, ...(document ? unsentFiles(document, id) : [])].map(attachmentId);
    },
    isBusy: (id) => dependencies.isLeaving(id) || sources.unsent().some(([unsent]) => unsent === id),
    onMoved(id) {
      carryOver(kept);
      dependencies.onMoved(id);
    },
    onProgress: () => onMoves(moves.left()),
  });
  const run = (options: { isToRead: boolean }) => {
    isFollowed = true;
    return sync.run(options);
  };
  const engine = createKeyringEngine({ sync: { ...sync, run }, api, activity, clock, random, onEvent });
  return {
    ...{ secret, device, api, engine, moves, edit: local.edit },
    stop() {
      engine.stop();
      moves.stop();
    },
    document: () => document,
    run: ({ mayCreate }) => sync.run({ isToRead: true, mayCreate }),
  };
}

/**
 * What a browser has whose storage was cleared under an open page is not what the person wants to have: the drafts that
 * are missing there would be withdrawn from the keyring.
 */
function whileKept(local: LocalDocument, isKept: () => boolean, onCleared: () => void): LocalDocument {
  function collect() {
    if (isKept()) return local.collect();
    onCleared();
    throw new KeyringError("gone");
  }
  return { ...local, collect };
}

/** Adds conversations that a lost device has begun with a reserved id, and did not live to list. */
export async function recoverReserved(
  { findSession, entries, remember }: KeyringDependencies,
  { device, document }: Connected,
): Promise<void> {
  const listed = new Set([...entries.all().values()].map(({ id }) => id?.[0]));
  const known = document();
  const ids = known ? idsOfOthers(known, device).filter((id) => !listed.has(id)) : [];
  await inParts(AT_A_TIME, ids, async (id) => {
    const found = await findSession(id).catch(() => null);
    if (found) remember({ id, ...found, saved: true });
  });
}

function readSeen(shared: SafeStorage): SeenRevision | null {
  const { rev, tag } = parseObject(shared.get(SEEN_KEY));
  return typeof rev === "number" && typeof tag === "string" ? { rev, tag } : null;
}
