import type { AttachmentPart } from "./attachment";
import { branchTo } from "./branch";
import type { ConversationFile } from "./conversation-file";
import { messageText } from "./answer-text";
import type { Message, Part, Session } from "./session";

type Exported = Pick<Session, "title" | "settings" | "messages" | "head" | "createdAt">;

/**
 * The file that `POST /api/session/import` takes, with every branch of the conversation in it. Of what was attached
 * it has the names, and nothing that needs a later version of the file: every build can import it.
 * @throws TypeError for a session without a message, of which there is none
 */
export function exportJson({ title, settings, messages, head, createdAt }: Exported): string {
  if (head === null) throw new TypeError("There is nothing to export.");
  const file: ConversationFile = {
    format: "holdfast-conversation",
    version: 1,
    title,
    settings,
    messages: messages.map(asExported),
    head,
    createdAt,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

export type MarkdownLabels = { you: string; assistant: string };

/** The branch that is shown, to read elsewhere: what was said, without the model's thoughts. */
export function exportMarkdown(
  { title, messages, head }: Pick<Exported, "title" | "messages" | "head">,
  { you, assistant }: MarkdownLabels = { you: "You", assistant: "Assistant" },
): string {
  const blocks = branchTo(messages, head).flatMap((message) => [
    `## ${message.role === "user" ? you : assistant}`,
    messageText(asExported(message)).trim(),
  ]);
  return `${[`# ${title}`, ...blocks].filter((block) => block !== "").join("\n\n")}\n`;
}

function asExported(message: Message): Message {
  if (message.role === "user") return { ...message, parts: message.parts.map(nameFile) };
  const { omissions: _, ...metadata } = message.metadata;
  return { ...message, metadata };
}

/** A file as text, so that a message that was nothing but a file is still something. */
function nameFile<P extends Part>(part: P | AttachmentPart): P | { type: "text"; text: string } {
  return part.type === "file" ? { type: "text", text: `[${part.filename}]` } : part;
}
