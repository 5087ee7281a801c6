import type { WordsPart } from "~/conversation/session/session";
import { dateStringOf, fieldsOf, listOf, textOf, type Fields } from "./export-fields";
import type { ForeignConversation, ForeignNode, Skipped } from "./foreign-conversation";

/** A conversation of Claude's `conversations.json`. Null for something else. */
export function fromClaude(value: unknown): ForeignConversation | null {
  const { chat_messages, uuid, name, created_at, updated_at, current_leaf_message_uuid } = fieldsOf(value);
  if (!Array.isArray(chat_messages)) return null;
  const skipped = new Set<Skipped>();
  const messages = chat_messages.map(fieldsOf);
  // Exports of earlier years have no parents: the messages are one branch.
  const isTree = messages.some(({ parent_message_uuid: parent }) => typeof parent === "string");
  const idOf = (index: number) => textOf(messages[index]?.uuid) || `message-${String(index)}`;
  const nodes = messages.map((message, index): ForeignNode => {
    const before = index === 0 ? null : idOf(index - 1);
    const parent = isTree ? textOf(message.parent_message_uuid) || null : before;
    return { ...toNode(message, skipped), id: idOf(index), parent };
  });
  const createdAt = dateStringOf(created_at) ?? nodes[0]?.createdAt ?? new Date(0).toISOString();
  const updatedAt = dateStringOf(updated_at) ?? createdAt;
  const newest = messages.length === 0 ? null : idOf(messages.length - 1);
  return {
    source: `claude:${textOf(uuid) || `${textOf(name)}:${createdAt}`}:${updatedAt}`,
    title: textOf(name),
    ...{ createdAt, updatedAt, nodes, skipped },
    archived: false,
    current: textOf(current_leaf_message_uuid) || newest,
  };
}

function toNode(message: Fields, skipped: Set<Skipped>): Omit<ForeignNode, "id" | "parent"> {
  const { sender, text, content, attachments, files, created_at } = message;
  const role = sender === "human" ? "user" : sender === "assistant" ? "assistant" : null;
  const said = Array.isArray(content) ? content.flatMap((part) => partOf(fieldsOf(part), skipped)) : [];
  const plain: WordsPart[] = textOf(text) === "" ? [] : [{ type: "text", text: textOf(text) }];
  return {
    role,
    parts: [...filesOf(listOf(attachments), listOf(files), skipped), ...(said.length > 0 ? said : plain)],
    createdAt: dateStringOf(created_at),
  };
}

function partOf({ type, text, thinking }: Fields, skipped: Set<Skipped>): WordsPart[] {
  if (type === "text") return textOf(text).trim() === "" ? [] : [{ type: "text", text: textOf(text) }];
  if (type === "thinking") {
    return textOf(thinking) === "" ? [] : [{ type: "reasoning", text: textOf(thinking) }];
  }
  skipped.add(
    type === "tool_use" || type === "tool_result" ? "tools" : type === "image" ? "images" : "other",
  );
  return [];
}

/** The text of attachments, and the names of files, whose contents are not in the export. */
function filesOf(attachments: unknown[], files: unknown[], skipped: Set<Skipped>): WordsPart[] {
  const texts = attachments.map(fieldsOf).map(({ file_name, extracted_content }) => {
    const name = textOf(file_name);
    return [name && `[${name}]`, textOf(extracted_content)].filter((part) => part !== "").join("\n\n");
  });
  const names = files.map((file) => textOf(fieldsOf(file).file_name)).filter((name) => name !== "");
  if (names.length > 0) skipped.add("files");
  const text = [...texts, ...names.map((name) => `[${name}]`)].filter((part) => part !== "").join("\n\n");
  return text === "" ? [] : [{ type: "text", text }];
}
