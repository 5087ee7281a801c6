import type { Message, Session, UserMessage } from "~/conversation/session/session";
import { newId } from "~/conversation/session/session-id";

const WORDS =
  "Here is what I would try first, with the reason for it: the file is small, so write it whole; „zwei Wörter“, 東京 and 🙂 are not ASCII.".split(
    " ",
  );

const MODEL = "demo/holdfast";

/** Questions and answers, a chain, until they fill the size as JSON: 12 of each make 20 KB. */
export function sampleMessages(bytes: number): Message[] {
  const messages: Message[] = [];
  for (let size = 0; size < bytes;) {
    const message = sampleMessage(messages.at(-1) ?? null, messages.length);
    messages.push(message);
    size += Buffer.byteLength(JSON.stringify(message)) + 1;
  }
  return messages;
}

function sampleMessage(parent: Message | null, index: number): Message {
  const question = sampleQuestion(parent, index);
  if (parent?.role !== "user") return question;
  return {
    id: question.id,
    parentId: parent.id,
    role: "assistant",
    parts: [{ type: "text", text: sampleText(index, 170) }],
    metadata: {
      status: "complete",
      modelId: MODEL,
      node: "node-1",
      createdAt: question.metadata.createdAt,
      finishedAt: question.metadata.createdAt,
      usage: { inputTokens: 900, outputTokens: 240 },
    },
  };
}

/** What a person says, about 500 bytes as JSON. */
export function sampleQuestion(parent: Message | null, index: number): UserMessage {
  return {
    id: newId(),
    parentId: parent?.id ?? null,
    role: "user",
    parts: [{ type: "text", text: sampleText(index, 60) }],
    metadata: { createdAt: new Date().toISOString() },
  };
}

function sampleText(seed: number, words: number): string {
  return Array.from({ length: words }, (_, word) => WORDS[(seed + word * 7) % WORDS.length]).join(" ");
}

export function sampleSession(messages: Message[]): Session {
  const now = new Date().toISOString();
  return {
    createdAt: now,
    updatedAt: now,
    title: "What a benchmark talks about",
    settings: { modelId: MODEL, instructions: "" },
    messages,
    head: messages.at(-1)?.id ?? null,
    reply: null,
  };
}

/** A session with one message more; itself when it has that message, as a retry must find it. */
export function withMessage(session: Session, message: Message): Session {
  if (session.messages.some((known) => known.id === message.id)) return session;
  return {
    ...session,
    updatedAt: message.metadata.createdAt,
    messages: [...session.messages, message],
    head: message.id,
  };
}
