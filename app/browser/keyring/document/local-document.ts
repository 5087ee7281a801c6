import { entryKey, isSessionId } from "~/browser/conversations/conversation-list";
import type { EntryStore } from "~/browser/conversations/entry-store";
import { createStamper, mergeEntries, withValues, type ListEntry } from "~/browser/conversations/list-entry";
import { earlierKeys, movedConversations, withoutIds } from "~/browser/conversations/moved-conversations";
import type { OutgoingMessage } from "~/browser/drafts/outbox";
import type { StoredDrafts } from "~/browser/drafts/stored-drafts";
import type { PageClock } from "~/browser/page/page-clock";
import type { Presets } from "~/browser/presets/presets";
import type { Preferences } from "~/browser/storage/preferences";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { carryOver } from "./carry-over";
import { noStamps, readStamps, writeStamps, type DeviceStamps } from "./device-stamps";
import { deviceChanges, deviceValues, IDS, withdrawFromOthers, type Unsent } from "./device-values";
import { KINDS, withoutOldWithdrawals, type Entries, type KeyringDocument } from "./document";
import type { ReservedIds } from "~/browser/keyring/reserved-ids";
import { applySettings, readSettings } from "./settings-values";
import { changedFields, firstValues } from "./stamped-values";
import type { LocalDocument } from "~/browser/keyring/sync";

export type LocalSources = {
  shared: SafeStorage;
  clock: Pick<PageClock, "now">;
  newId: () => string;
  entries: Pick<EntryStore, "all" | "merge">;
  presets: Pick<Presets, "entries" | "merge">;
  changePreferences: (change: Partial<Preferences>) => void;
  preferModel: (modelId: string) => void;
  drafts: StoredDrafts;
  /** The messages that were not sent yet, by the id of their conversation. */
  unsent: () => Unsent;
  /** Called with a message that another device could not send. */
  onUnsent: (conversationId: string, message: OutgoingMessage) => void;
  clearUnsent: (conversationId: string, messageId: string) => void;
  reserved: ReservedIds;
  /** Called with the ids of conversations that another device has deleted, or is about to. */
  onDeleted: (ids: readonly string[]) => void;
  /** Called with all that the keyring has when this browser has the same. */
  onSynced: (document: KeyringDocument) => void;
};

type EditableDocument = LocalDocument & {
  /** Sets fields of an entry that only the keyring has. */
  edit: (key: string, values: Readonly<Record<string, unknown>>) => void;
};

/** @param device names this browser among the devices of the keyring */
export function createLocalDocument(sources: LocalSources, device: string): EditableDocument {
  const { shared, clock, newId, entries, presets, drafts, unsent, reserved } = sources;
  const stamper = createStamper(clock, `.${device}`);
  const deviceKey = KINDS.device + device;
  const isListed = (id: string) => entries.all().get(entryKey(id))?.saved?.[0] === true;

  /** The entries of what is stored without stamps, in which what has changed since is stamped now. */
  function stampChanges(): DeviceStamps {
    const stored = readStamps(shared);
    const { others, ...before } = stored ?? noStamps();
    const chosen = readSettings(shared);
    const settings = stored ? withValues(before.settings, chosen, stamper) : firstValues(chosen);
    const present = {
      ...{ drafts: drafts.all(), unsent: unsent() },
      ids: reserved.wanted(isListed, newId),
    };
    const own = withoutOldWithdrawals(before.device, clock.now());
    const after = withValues(own, deviceValues(own, others, present), stamper);
    for (const change of deviceChanges(own, after)) {
      if (change.kind === "withdrawn") withdrawFromOthers(others, change.draft, stamper);
    }
    const stamps = { settings, device: after, others };
    writeStamps(shared, stamps);
    return stamps;
  }

  return {
    collect() {
      const { settings, device: own, others } = stampChanges();
      const collected = new Map<string, ListEntry>(others);
      for (const [key, entry] of entries.all()) collected.set(KINDS.list + key, entry);
      for (const [id, entry] of presets.entries()) collected.set(KINDS.preset + id, entry);
      if (Object.keys(settings).length > 0) collected.set(KINDS.settings, settings);
      return collected.set(deviceKey, own);
    },
    apply: (changed) => applyEntries(changed, sources, deviceKey),
    onSynced(document) {
      const ids = document.entries.get(deviceKey)?.[IDS]?.[0];
      if (typeof ids === "string") reserved.confirm(ids.split(" "));
      sources.onSynced(document);
    },
    edit(key, values) {
      const stamps = readStamps(shared) ?? noStamps();
      stamps.others.set(key, withValues(stamps.others.get(key) ?? {}, values, stamper));
      writeStamps(shared, stamps);
    },
  };
}

function applyEntries(changed: Entries, sources: LocalSources, deviceKey: string): void {
  const { shared, presets } = sources;
  const list: [string, ListEntry][] = [];
  const ownPresets = new Map<string, ListEntry>();
  const stamps = readStamps(shared) ?? noStamps();
  const effects: (() => void)[] = [];
  for (const [key, entry] of changed) {
    if (key.startsWith(KINDS.list)) list.push([key.slice(KINDS.list.length), entry]);
    else if (key.startsWith(KINDS.preset)) ownPresets.set(key.slice(KINDS.preset.length), entry);
    else if (key === KINDS.settings) {
      const settings = changedFields(stamps.settings, entry);
      effects.push(() => applySettings(settings, sources));
      stamps.settings = mergeEntries(entry, stamps.settings);
    } else {
      const before = key === deviceKey ? stamps.device : (stamps.others.get(key) ?? {});
      if (key.startsWith(KINDS.device)) effects.push(() => applyDevice(before, entry, sources));
      if (key === deviceKey) stamps.device = mergeEntries(entry, stamps.device);
      else stamps.others.set(key, entry);
    }
  }
  // Stored first, so that what is set below is not taken for a change of this browser.
  writeStamps(shared, stamps);
  applyList(list, sources);
  if (ownPresets.size > 0) presets.merge(ownPresets);
  for (const effect of effects) effect();
}

function applyList(list: readonly [string, ListEntry][], sources: LocalSources): void {
  if (list.length === 0) return;
  const { entries, onDeleted } = sources;
  const deleted = list.flatMap(([key, { gone }]) => {
    if (!gone) return [];
    const id = entries.all().get(key)?.id?.[0] ?? gone[0];
    return isSessionId(id) ? [id] : [];
  });
  const isGone = ([, { gone }]: readonly [string, ListEntry]) => gone !== undefined;
  // What this browser has changed in a conversation before it knew that it was moved.
  const edits = list.flatMap(([key, entry]) =>
    earlierKeys(entry).flatMap((earlier): [string, ListEntry][] => {
      const own = entries.all().get(earlier);
      return own && !own.gone ? [[key, withoutIds(own)]] : [];
    }),
  );
  entries.merge([...list.filter((each) => !isGone(each)), ...edits]);
  carryOver(sources);
  entries.merge(list.filter(isGone));
  if (deleted.length > 0) onDeleted(deleted);
}

function applyDevice(before: ListEntry, after: ListEntry, { entries, drafts, onUnsent }: LocalSources): void {
  const moved = movedConversations(entries.all());
  const presentId = (id: string) => moved.get(entryKey(id)) ?? id;
  const isDeleted = (id: string) => entries.all().get(entryKey(id))?.gone !== undefined;
  for (const change of deviceChanges(before, after)) {
    if (change.kind === "unsent") {
      const id = presentId(change.conversationId);
      if (!isDeleted(id)) onUnsent(id, change.message);
      continue;
    }
    const draft = { ...change.draft, id: presentId(change.draft.id) };
    // Under an earlier id it is withdrawn because that device has carried it over.
    if (change.kind === "withdrawn") drafts.withdraw(change.draft);
    else if (!isDeleted(draft.id)) drafts.offer(draft, change.previous);
  }
}
