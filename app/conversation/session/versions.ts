import type { Message } from "./session";

type Node = Pick<Message, "id" | "parentId" | "role">;

/** Position of a message among its alternatives: edits of a question, or answers to it. */
export type Version = {
  /** Ids of all alternatives, including the message, oldest first. */
  ids: readonly string[];
  /** Index of the message in `ids`. */
  index: number;
};

/** The version of every message, by its id, in one pass over the messages. */
export function versionsById(messages: readonly Node[]): ReadonlyMap<string, Version> {
  const places = new Map<string, string[]>();
  const versions = new Map<string, Version>();
  for (const { id, parentId, role } of messages) {
    const place = `${role} ${parentId ?? ""}`;
    const ids = places.get(place) ?? [];
    places.set(place, ids);
    versions.set(id, { ids, index: ids.length });
    ids.push(id);
  }
  return versions;
}

/** Follows the newest child of each message. @returns the id of the leaf; `id` itself where no message follows it */
export function newestLeafUnder(messages: readonly Node[], id: string): string {
  const lastChild = new Map<string | null, string>();
  for (const message of messages) lastChild.set(message.parentId, message.id);
  let leaf = id;
  // A damaged tree may have cycles: no branch is longer than the list.
  for (let steps = 0; steps < messages.length; steps++) {
    const child = lastChild.get(leaf);
    if (child === undefined) break;
    leaf = child;
  }
  return leaf;
}
