import type { Conversation, Folder } from "~/browser/conversations/conversation-list";

/** The list of conversations as JSON, with the ids that open them: a person with this file can read all of them. */
export function exportedList(conversations: readonly Conversation[], folders: readonly Folder[]): string {
  const nameOf = new Map(folders.map(({ key, title }) => [key, title]));
  const entries = conversations
    .filter(({ saved }) => saved)
    .map(({ id, title, updatedAt, pinned, archived, folder }) => ({
      id,
      title,
      updatedAt,
      ...(pinned && { pinned }),
      ...(archived && { archived }),
      ...(folder !== null && nameOf.has(folder) && { folder: nameOf.get(folder) }),
    }));
  return `${JSON.stringify({ format: "holdfast-list", version: 1, conversations: entries }, null, 2)}\n`;
}
