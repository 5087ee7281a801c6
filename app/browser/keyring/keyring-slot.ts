import { newId } from "~/conversation/session/session-id";
import { createObservable, type Observable } from "~/browser/page/observable";
import { delay, type PageClock } from "~/browser/page/page-clock";
import { loadCode } from "~/browser/page/load-code";
import type { OnOtherTab } from "~/browser/storage/other-tabs";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import type { Keyring, KeyringState } from "./keyring";
import { CONFIG_KEY, readConfig } from "./keyring-config";
import { reservedIds, takeReservedId } from "./reserved-store";

/** Longest time that a first message waits for its conversation to be in the keyring, in milliseconds. */
const LONGEST_WAIT_MS = 4_000;

/**
 * The keyring as the page has it from its first moment: its code is loaded when this browser has a keyring, and the page
 * can be used, or when a person wants one.
 */
export type KeyringSlot = Observable<KeyringState> & {
  /** @throws PageError `unreachable` if its code cannot be loaded */
  load: () => Promise<Keyring>;
  /** Loads it if this browser has one, now or as soon as another tab has turned it on. */
  start: () => void;
  /** Of a conversation without a message: one that the keyring has already, if it can be. */
  newConversationId: () => string;
  /** Resolves when the keyring has the conversation, or when that takes too long. Never rejects. */
  beforeFirstMessage: (conversationId: string) => Promise<void>;
  /** Resolves when the keyring has what was changed. Rejects for a passing reason; else what is to be done is done. */
  beforeDeletion: () => Promise<void>;
  /** To be called with the key of each stored value that this browser has changed. */
  noteChange: (key: string) => void;
};

/** What the slot asks of the loaded keyring besides what the page does. */
export type LoadedKeyring = Keyring & {
  /** Follows the keyring that the storage names now, if any. */
  refresh: () => void;
  flush: () => Promise<void>;
  noteChange: () => void;
};

/** What a keyring carries, by the beginnings of the storage keys. */
const CARRIED = ["entry.", "presets", "preferences", "model", "draft.", "files.", "edits.", "outbox."].map(
  (name) => `holdfast.${name}`,
);

export const OFF: KeyringState = {
  ...{ phase: "off", isWaiting: false, syncedAt: null, wasRolledBack: false, passkeys: [], toMove: 0 },
};

type Dependencies = {
  shared: SafeStorage;
  onOtherTab: OnOtherTab;
  clock: Pick<PageClock, "after">;
  load: () => Promise<LoadedKeyring>;
};

export function createKeyringSlot({ shared, onOtherTab, clock, load }: Dependencies): KeyringSlot {
  const isOn = () => (readConfig(shared)?.secret ?? null) !== null;
  const state = createObservable<KeyringState>(isOn() ? { ...OFF, phase: "syncing" } : OFF);
  const reserved = reservedIds(shared);
  let loading: Promise<LoadedKeyring> | null = null;
  let loaded: LoadedKeyring | null = null;

  function loadKeyring(): Promise<LoadedKeyring> {
    loading ??= loadCode(load).then(
      (keyring) => {
        loaded = keyring;
        const show = () => state.set(keyring.getSnapshot());
        keyring.subscribe(show);
        keyring.refresh();
        show();
        return keyring;
      },
      (error: unknown) => {
        loading = null;
        throw error;
      },
    );
    return loading;
  }

  function start() {
    if (loaded) loaded.refresh();
    // Tried again when the page is loaded again: without its code, changes wait in this browser.
    else if (isOn()) loadKeyring().catch(() => undefined);
  }

  onOtherTab(CONFIG_KEY, (key) => {
    if (!key || key === CONFIG_KEY) start();
  });
  onOtherTab("holdfast.", (key) => key && noteChange(key));

  function noteChange(key: string) {
    if (loaded && CARRIED.some((beginning) => key.startsWith(beginning))) loaded.noteChange();
  }

  const flush = async () => {
    if (isOn()) await (await loadKeyring()).flush();
  };

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    load: loadKeyring,
    start,
    newConversationId: () => (isOn() ? takeReservedId(reserved) : null) ?? newId(),
    async beforeFirstMessage(id) {
      if (!isOn() || reserved.read().some((kept) => kept.id === id)) return;
      await Promise.race([flush().catch(() => undefined), delay(clock, LONGEST_WAIT_MS)]);
    },
    beforeDeletion: flush,
    noteChange,
  };
}
