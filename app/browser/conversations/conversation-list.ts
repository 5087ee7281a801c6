import { SESSION_ID_PATTERN } from "~/conversation/session/session-id";
import { titleWithoutTags } from "~/conversation/reply/think-tags";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import type { ListEntry } from "./list-entry";

/** One conversation of this browser. Its id is the secret that opens it, so the list is the only way back to it. */
export type Conversation = {
  id: string;
  /** Names the conversation in addresses of this browser. Random, and no way to the id. */
  name: string;
  /** Empty if it has none. */
  title: string;
  /** ISO 8601; empty if unknown. */
  updatedAt: string;
  /** The server has confirmed that it has the session: a later 404 means that it was deleted. */
  saved: boolean;
  pinned: boolean;
  /** Not in the list, but found by a search. */
  archived: boolean;
  /** Key of its folder; null for none. */
  folder: string | null;
};

export type ConversationUpdate = Pick<Conversation, "id" | "title" | "updatedAt" | "saved"> &
  Partial<Pick<Conversation, "pinned" | "archived" | "folder">> & {
    /** What it was imported from, so that a repeated import does not double it. */
    source?: string;
  };

export type Folder = { key: string; title: string };

/**
 * The key of a conversation's entry: half of its id. Two tabs or devices that add the same conversation make one entry,
 * which is unique, and a tombstone or an export does not contain what opens the conversation. A hash would do the same,
 * with 3 KB more before one can type.
 */
export function entryKey(id: string): string {
  return id.slice(0, id.length / 2);
}

/** The conversation of an entry; null for a tombstone and for other entries. */
export function toConversation(entry: ListEntry): Conversation | null {
  const id = entry.id?.[0];
  if (!isSessionId(id)) return null;
  const [name, title, folder] = [entry.name?.[0], entry.title?.[0], entry.folder?.[0]];
  return {
    id,
    name: typeof name === "string" ? name : "",
    title: typeof title === "string" ? titleWithoutTags(title) : "",
    updatedAt: dateOf(entry.updatedAt?.[0]),
    saved: entry.saved?.[0] !== false,
    pinned: entry.pinned?.[0] === true,
    archived: entry.archived?.[0] === true,
    folder: typeof folder === "string" ? folder : null,
  };
}

/** The folder of an entry; null for a removed folder and for other entries. */
export function toFolder(key: string, { kind, title, removed }: ListEntry): Folder | null {
  if (kind?.[0] !== "folder" || removed?.[0] === true) return null;
  return { key, title: typeof title?.[0] === "string" ? title[0] : "" };
}

export function newestFirst(a: Conversation, b: Conversation): number {
  return b.updatedAt < a.updatedAt ? -1 : b.updatedAt > a.updatedAt ? 1 : 0;
}

/** A stored session id, if it has the form of one. */
export function readId(storage: SafeStorage, key: string): string | null {
  const id = storage.get(key);
  return isSessionId(id) ? id : null;
}

export function isSessionId(value: unknown): value is string {
  return typeof value === "string" && SESSION_ID_PATTERN.test(value);
}

const DATE_PATTERN = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** Dates as the page writes them compare as strings; others are converted, or empty. */
export function dateOf(value: unknown): string {
  if (typeof value !== "string" || DATE_PATTERN.test(value)) return typeof value === "string" ? value : "";
  const time = Date.parse(value);
  return Number.isNaN(time) ? "" : new Date(time).toISOString();
}
