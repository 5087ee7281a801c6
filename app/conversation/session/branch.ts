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
