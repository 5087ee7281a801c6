import type { Message } from "./session";

type Node = Pick<Message, "id" | "parentId" | "role">;

/** Where a message stands among those that were said in its place: edits of a question, answers to it. */
export type Version = {
  /** Oldest first; the message itself is one of them. */
  ids: readonly string[];
  /** Of the message in `ids`. */
  index: number;
};

/** The versions of every message, by its id. One pass, so that long conversations can ask for each. */
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

/** The end of the branch that was added to last under a message; the message itself where nothing follows it. */
export function newestLeafUnder(messages: readonly Node[], id: string): string {
  const lastChild = new Map<string | null, string>();
  for (const message of messages) lastChild.set(message.parentId, message.id);
  let leaf = id;
  // A damaged tree may run in circles; a walk longer than the list does.
  for (let steps = 0; steps < messages.length; steps++) {
    const child = lastChild.get(leaf);
    if (child === undefined) break;
    leaf = child;
  }
  return leaf;
}
