import type { AttachmentPart } from "~/conversation/files/attachment";
import { isObject } from "~/conversation/is-object";
import { entryKey, isSessionId } from "~/browser/conversations/conversation-list";
import { withValues, type ListEntry, type Stamper } from "~/browser/conversations/list-entry";
import { isAttachmentPart } from "~/browser/drafts/draft-file";
import { isOutgoingMessage, type OutgoingMessage } from "~/browser/drafts/outbox";
import type { StoredDraft } from "~/browser/drafts/stored-drafts";
import { parseObject, textsAmong } from "~/browser/storage/parse-object";
import { KINDS, type KeyringDocument } from "./document";
import { changedFields } from "./stamped-values";

/** Fields of the entry of a device: its reserved ids, and by conversation or message what it has not sent. */
export const IDS = "ids";
const DRAFT = "draft.";
const MESSAGE = "message.";

/**
 * Longest draft or unsent message that a keyring carries, in UTF-16 units of JSON. A longer one stays in its browser, and
 * others keep what they have had of it: it would take the room of the whole list.
 */
export const MAX_CARRIED = 100_000;

export type Unsent = readonly (readonly [conversationId: string, message: OutgoingMessage])[];

/**
 * What the entry of this device is to have. Drafts and messages that are gone become null.
 * @param others the entries of other devices: a draft that is only shown here, as one of them wrote it, stays its own
 */
export function deviceValues(
  before: ListEntry,
  others: ReadonlyMap<string, ListEntry>,
  { drafts, unsent, ids }: { drafts: readonly StoredDraft[]; unsent: Unsent; ids: readonly string[] },
): Record<string, unknown> {
  const present = [
    ...drafts.map((draft) => [DRAFT + entryKey(draft.id), JSON.stringify(draft)] as const),
    ...unsent.map(([id, message]) => [MESSAGE + message.id, JSON.stringify({ id, message })] as const),
  ];
  const names = new Set(present.map(([name]) => name));
  const removed = Object.keys(before).filter(
    (name) => (name.startsWith(DRAFT) || name.startsWith(MESSAGE)) && !names.has(name),
  );
  const isTheirs = (name: string, value: string) =>
    typeof before[name]?.[0] !== "string" && [...others.values()].some((entry) => entry[name]?.[0] === value);
  return {
    ...Object.fromEntries(removed.map((name) => [name, null])),
    ...Object.fromEntries(
      present.filter(([name, value]) => value.length <= MAX_CARRIED && !isTheirs(name, value)),
    ),
    [IDS]: ids.join(" "),
  };
}

/** Withdraws a draft, which was sent or emptied here, from the devices whose words it had, too. */
export function withdrawFromOthers(
  others: Map<string, ListEntry>,
  draft: StoredDraft,
  stamper: Stamper,
): void {
  const name = DRAFT + entryKey(draft.id);
  for (const [key, entry] of others) {
    const theirs = toDraft(entry[name]?.[0]);
    const isContained = Object.entries(theirs?.edits ?? {}).every(
      ([target, text]) => draft.edits?.[target] === text,
    );
    if (theirs && isContained && draft.text.includes(theirs.text)) {
      others.set(key, withValues(entry, { [name]: null }, stamper));
    }
  }
}

export type DeviceChange =
  | { kind: "draft"; draft: StoredDraft; previous: StoredDraft | null }
  | { kind: "withdrawn"; draft: StoredDraft }
  | { kind: "unsent"; conversationId: string; message: OutgoingMessage };

/** What has changed between two forms of the entry of a device. */
export function deviceChanges(before: ListEntry, after: ListEntry): DeviceChange[] {
  return changedFields(before, after).flatMap(([name, value]): DeviceChange[] => {
    const previous = toDraft(before[name]?.[0]);
    const draft = toDraft(value);
    if (draft) return [{ kind: "draft", draft, previous }];
    if (value === null && previous) return [{ kind: "withdrawn", draft: previous }];
    const { id, message } = name.startsWith(MESSAGE) ? parseObject(value) : {};
    return isSessionId(id) && isOutgoingMessage(message)
      ? [{ kind: "unsent", conversationId: id, message }]
      : [];
  });
}

/** The reserved ids of other devices: a conversation may have been begun with one before its device was lost. */
export function idsOfOthers({ entries }: KeyringDocument, device: string): string[] {
  return [...entries].flatMap(([key, entry]) => {
    const ids = key.startsWith(KINDS.device) && key !== KINDS.device + device ? entry[IDS]?.[0] : "";
    return typeof ids === "string" ? ids.split(" ").filter(isSessionId) : [];
  });
}

/** The files of drafts and unsent messages of all devices in a conversation. */
export function unsentFiles({ entries }: KeyringDocument, conversationId: string): AttachmentPart[] {
  return [...entries].flatMap(([key, entry]) =>
    key.startsWith(KINDS.device)
      ? Object.values(entry).flatMap(([value]) => {
          const { id, files, message } = parseObject(value);
          const sent = isObject(message) ? message.files : files;
          return id === conversationId && Array.isArray(sent) ? sent.filter(isAttachmentPart) : [];
        })
      : [],
  );
}

function toDraft(value: unknown): StoredDraft | null {
  const { id, text, files, edits } = parseObject(value);
  if (!isSessionId(id) || typeof text !== "string" || !Array.isArray(files)) return null;
  const draft = { id, text, files: files.filter(isAttachmentPart) };
  return isObject(edits) ? { ...draft, edits: textsAmong(Object.entries(edits)) } : draft;
}
