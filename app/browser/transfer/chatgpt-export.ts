import type { WordsPart } from "~/conversation/session/session";
import { dateStringOf, fieldsOf, listOf, textOf, type Fields } from "./export-fields";
import type { ForeignConversation, ForeignNode, Skipped } from "./foreign-conversation";

/** Marks of citations and of widgets that only that service can draw. */
const CITATION = /\ue200[^\ue201]*\ue201/g;

/** A conversation of ChatGPT's `conversations.json`: a tree of nodes in `mapping`. Null for something else. */
export function fromChatGpt(value: unknown): ForeignConversation | null {
  const { mapping, id, conversation_id, title, create_time, update_time, current_node, is_archived } =
    fieldsOf(value);
  if (typeof mapping !== "object" || mapping === null) return null;
  const skipped = new Set<Skipped>();
  const nodes = Object.entries(mapping as Fields).map(([key, node]) => toNode(key, fieldsOf(node), skipped));
  const dates = nodes.flatMap(({ createdAt }) => (createdAt === null ? [] : [createdAt])).sort();
  const createdAt = dateStringOf(create_time) ?? dates[0] ?? new Date(0).toISOString();
  const updatedAt = dateStringOf(update_time) ?? dates.at(-1) ?? createdAt;
  return {
    source: `chatgpt:${textOf(conversation_id) || textOf(id) || `${textOf(title)}:${createdAt}`}:${updatedAt}`,
    title: textOf(title),
    ...{ createdAt, updatedAt, nodes, skipped },
    archived: is_archived === true,
    current: typeof current_node === "string" ? current_node : null,
  };
}

function toNode(id: string, { parent, message }: Fields, skipped: Set<Skipped>): ForeignNode {
  const { author, content, create_time, metadata, recipient } = fieldsOf(message);
  const { model_slug, is_visually_hidden_from_conversation: isHidden, attachments } = fieldsOf(metadata);
  const { role: author_role } = fieldsOf(author);
  const isToTool = typeof recipient === "string" && recipient !== "all";
  const role = author_role === "user" || author_role === "assistant" ? author_role : null;
  if ((author_role === "tool" || isToTool) && isHidden !== true) skipped.add("tools");
  const parts = role === null || isHidden === true || isToTool ? [] : partsOf(fieldsOf(content), skipped);
  const names = listOf(attachments).map((file) => textOf(fieldsOf(file).name));
  if (role === "user" && names.length > 0) skipped.add("files");
  const named = role === "user" ? names.filter((name) => name !== "").map((name) => `[${name}]`) : [];
  return {
    id,
    parent: typeof parent === "string" ? parent : null,
    role: isHidden === true ? null : role,
    parts: named.length === 0 ? parts : [{ type: "text", text: named.join("\n\n") }, ...parts],
    createdAt: dateStringOf(create_time),
    modelId: role === "assistant" ? textOf(model_slug) : undefined,
  };
}

function partsOf(content: Fields, skipped: Set<Skipped>): WordsPart[] {
  const { content_type: kind, parts, thoughts } = content;
  if (kind === "thoughts") {
    const text = listOf(thoughts)
      .map((thought) => textOf(fieldsOf(thought).content) || textOf(fieldsOf(thought).summary))
      .filter((thought) => thought !== "")
      .join("\n\n");
    return text === "" ? [] : [{ type: "reasoning", text }];
  }
  if (kind === "text" || kind === "multimodal_text") {
    const text = listOf(parts)
      .map((part) => (typeof part === "string" ? textOf(part) : textOfPart(fieldsOf(part), skipped)))
      .filter((part) => part.trim() !== "")
      .join("\n\n")
      .replace(CITATION, "");
    return text === "" ? [] : [{ type: "text", text }];
  }
  // Instructions and a summary of the reasoning's length are no part of what was said.
  if (kind !== "user_editable_context" && kind !== "model_editable_context" && kind !== "reasoning_recap") {
    skipped.add(kind === "code" || kind === "execution_output" ? "tools" : "other");
  }
  return [];
}

function textOfPart({ content_type: kind, text }: Fields, skipped: Set<Skipped>): string {
  if (typeof text === "string") return textOf(text);
  if (kind === "image_asset_pointer") {
    skipped.add("images");
    return "[image]";
  }
  skipped.add(typeof kind === "string" && kind.includes("audio") ? "audio" : "other");
  return "";
}
