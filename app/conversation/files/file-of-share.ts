import type { ConversationFile } from "./conversation-file";
import type { Message } from "~/conversation/session/session";
import type { SharedMessage, ShareSnapshot } from "./share";

/** Converts a shared snapshot to a file for import, so that its reader can continue the conversation. */
export function fileOfShare({ title, createdAt, messages }: ShareSnapshot): ConversationFile {
  const own: Message[] = [];
  for (const message of messages) {
    const last = own.at(-1);
    // The snapshot leaves out empty answers, but an imported file must alternate between questions and answers.
    if (last?.role === message.role) own.push(placeholderBetween(last, message));
    own.push(toMessage(message, own.at(-1)?.id ?? null));
  }
  return {
    format: "holdfast-conversation",
    version: 1,
    title,
    settings: { modelId: messages.findLast(({ modelId }) => modelId)?.modelId ?? "", instructions: "" },
    messages: own,
    head: own.at(-1)?.id ?? "",
    createdAt,
  };
}

function toMessage(message: SharedMessage, parentId: string | null): Message {
  const { id, role, text, attachments, createdAt, modelId = "" } = message;
  if (role === "assistant") return answer({ id, parentId: parentId ?? "", text, createdAt, modelId });
  const words = [text, ...attachments.map((name) => `[${name}]`)].filter((part) => part !== "").join("\n\n");
  return { id, parentId, role, parts: [{ type: "text", text: words }], metadata: { createdAt } };
}

function placeholderBetween(before: Message, { id, createdAt, modelId = "" }: SharedMessage): Message {
  const between = { id: `${id.slice(0, 56)}-before`, parentId: before.id };
  return before.role === "user"
    ? answer({ ...between, text: "", createdAt, modelId })
    : { ...between, role: "user", parts: [{ type: "text", text: "…" }], metadata: { createdAt } };
}

type Answer = { id: string; parentId: string; text: string; createdAt: string; modelId: string };

function answer({ id, parentId, text, createdAt, modelId }: Answer): Message {
  return {
    id,
    parentId,
    role: "assistant",
    parts: text === "" ? [] : [{ type: "text", text }],
    metadata: {
      status: text === "" ? "interrupted" : "complete",
      modelId,
      node: "",
      createdAt,
      finishedAt: createdAt,
    },
  };
}
