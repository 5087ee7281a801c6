import type { Message } from "./session";

/**
 * The messages from the root to `leafId`, in reading order. Empty for null.
 * A parent that is missing or repeats ends the walk, so that the rest of a damaged tree is still shown.
 */
export function branchTo<M extends Pick<Message, "id" | "parentId">>(
  messages: readonly M[],
  leafId: string | null,
): M[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const branch: M[] = [];
  for (let id = leafId; id !== null;) {
    const message = byId.get(id);
    if (!message) break;
    byId.delete(id);
    branch.push(message);
    id = message.parentId;
  }
  return branch.reverse();
}

/** The answers to a message, or the messages that begin a conversation (null), oldest first. */
export function childrenOf<M extends Pick<Message, "parentId">>(
  messages: readonly M[],
  parentId: string | null,
): M[] {
  return messages.filter((message) => message.parentId === parentId);
}
