import type { AttachmentPart } from "./attachment";
import { branchTo } from "~/conversation/session/branch";
import { closeMarkdown } from "./close-markdown";
import type { ConversationFile } from "./conversation-file";
import { markdownOfCalls, markdownOfSources } from "~/conversation/markdown-calls";
import { messageText } from "~/conversation/reply/answer-text";
import type { Message, Part, Session } from "~/conversation/session/session";

type Exported = Pick<Session, "title" | "settings" | "messages" | "head" | "createdAt">;

/**
 * The file that `POST /api/session/import` takes, with every branch of the session. Attachments are replaced by their
 * names, and fields of later versions are left out, so that every version can import it.
 * @throws TypeError for a session without messages, which no store contains
 */
export function exportJson({ title, settings, messages, head, createdAt }: Exported): string {
  if (head === null) throw new TypeError("There is nothing to export.");
  const file: ConversationFile = {
    format: "holdfast-conversation",
    version: 1,
    title,
    settings: withoutEffort(settings),
    messages: messages.map(asExported),
    head,
    createdAt,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

export type MarkdownLabels = { you: string; assistant: string };

/** The shown branch as Markdown, with the calls of tools and the sources, and without reasoning. */
export function exportMarkdown(
  { title, messages, head }: Pick<Exported, "title" | "messages" | "head">,
  { you, assistant }: MarkdownLabels = { you: "You", assistant: "Assistant" },
): string {
  const blocks = branchTo(messages, head).flatMap((message) => [
    `## ${message.role === "user" ? you : assistant}`,
    ...(message.role === "assistant" ? [markdownOfCalls(message.parts)] : []),
    closeMarkdown(messageText(asExported(message)).trim()),
    ...(message.role === "assistant" ? [markdownOfSources(message.parts)] : []),
  ]);
  return `${[`# ${title}`, ...blocks].filter((block) => block !== "").join("\n\n")}\n`;
}

function asExported(message: Message): Message {
  if (message.role === "user") return { ...message, parts: message.parts.map(nameFile) };
  const { omissions: _, reasoningMs: __, error, ...metadata } = message.metadata;
  const parts = message.parts.map(nameResultFiles);
  if (!error) return { ...message, parts, metadata };
  return {
    ...message,
    parts,
    metadata: { ...metadata, error: { code: error.code, message: error.message } },
  };
}

function withoutEffort({ effort: _, ...settings }: Exported["settings"]): Exported["settings"] {
  return settings;
}

/** A call of a tool with the names of the files in its result: they stay with the conversation. */
function nameResultFiles(part: Part): Part {
  if (part.type !== "dynamic-tool" || !part.output) return part;
  const content = part.output.content.map(nameFile);
  return { ...part, output: { ...part.output, content } };
}

/** An attachment as text, so that a message that consists of one is not empty. */
function nameFile<P extends { type: string }>(
  part: P | AttachmentPart,
): Exclude<P, AttachmentPart> | { type: "text"; text: string } {
  return isFile(part) ? { type: "text", text: `[${part.filename}]` } : (part as Exclude<P, AttachmentPart>);
}

const isFile = (part: { type: string }): part is AttachmentPart => part.type === "file";
