import { answerTooLong, hasRoomAfter } from "./answer-bound";
import { editSettings, type SettingsEdit } from "./edit-session";
import { ExpectedError } from "./expected-error";
import { requireRoom } from "./session-size";
import { firstWords, titleFrom } from "./session-title";
import type { AssistantMessage, Message, Reply, Session, UserMessage } from "./session";

/** What a person asks for: to say something, another answer, or the rest of one that was cut. */
export type StartCommand =
  | { kind: "send"; message: Pick<UserMessage, "id" | "parts">; parentId: string | null }
  | { kind: "regenerate"; messageId: string }
  | { kind: "continue"; messageId: string };

export type StartContext = {
  now: string;
  /** The model that the person asked for now; undefined leaves it to the session. */
  modelId: string | undefined;
  /** What the person has set anew for this answer and those after it. */
  settings?: Omit<SettingsEdit, "modelId"> | undefined;
  /** The model for a session: its own where it is still on offer, else the default. */
  modelFor: (session: Session | null) => string;
  /** Throws where the files of the message that is to be answered cannot be given to the model. */
  checkFiles?: (modelId: string, question: Pick<UserMessage, "parts">) => void;
  /** The ids of the reply, should one start. Fixed before the change is tried, so that trying again is harmless. */
  reply: Pick<Reply, "id" | "messageId"> & { node: string };
};

export type StartOutcome =
  { kind: "started" | "joined"; reply: Reply } | { kind: "settled"; message: AssistantMessage };

export type Started = { session: Session; outcome: StartOutcome };

/**
 * Appends a person's message and the reply that is to answer it. Pure, and safe to apply again: what it was
 * asked for before is joined, not repeated.
 * @throws ExpectedError `reply_running`, `message_not_found`, `message_conflict`, `session_not_found`, `session_full`,
 * `answer_too_long` for the continuation of an answer that is as long as one can be, and what `checkFiles` throws
 */
export function startReply(
  session: Session | null,
  command: StartCommand,
  context: StartContext,
): { session: Session | null; outcome: StartOutcome } {
  const repeated = session && findRepeated(session, command, context.reply.messageId);
  if (repeated) return { session, outcome: repeated };
  if (session?.reply) {
    throw new ExpectedError(
      "reply_running",
      "The previous answer is still being written. Wait for it or stop it.",
      {
        details: { replyId: session.reply.id },
      },
    );
  }

  const base = session ?? emptySession(command, context);
  const target = command.kind === "send" ? sendTarget(base, command) : answerTarget(base, command);
  requireNewId(base, command, context.reply);
  if (target.continues && !hasRoomAfter(target.continues.parts)) throw answerTooLong();
  const modelId = context.modelId ?? context.modelFor(session);
  context.checkFiles?.(modelId, target.question);
  const reply: Reply = {
    ...context.reply,
    parentId: target.question.id,
    continues: target.continues?.id ?? null,
    epoch: 1,
    modelId,
    startedAt: context.now,
    stopRequested: false,
  };
  const messages = target.isNew
    ? [...base.messages, withParent(target.question, context.now)]
    : base.messages;
  requireRoom(messages);
  return {
    session: {
      ...base,
      updatedAt: context.now,
      settings: editSettings(base.settings, { ...context.settings, modelId: reply.modelId }),
      messages,
      head: target.question.id,
      reply,
    },
    outcome: { kind: "started", reply },
  };
}

type Target = {
  question: Pick<UserMessage, "id" | "parts" | "parentId">;
  isNew: boolean;
  continues: AssistantMessage | null;
};

function sendTarget(session: Session, command: Extract<StartCommand, { kind: "send" }>): Target {
  if (command.parentId !== null && find(session, command.parentId)?.role !== "assistant") {
    throw new ExpectedError(
      "message_not_found",
      "The answer that this message follows is not in the conversation.",
    );
  }
  // It is there already where a conversation was imported that ends with it.
  const isNew = find(session, command.message.id) === undefined;
  return { question: { ...command.message, parentId: command.parentId }, isNew, continues: null };
}

function answerTarget(session: Session, command: Exclude<StartCommand, { kind: "send" }>): Target {
  const message = find(session, command.messageId);
  const question = questionOf(session, command);
  if (!question || (command.kind === "continue" && message?.role !== "assistant")) {
    throw new ExpectedError("message_not_found", "That message is not in the conversation.");
  }
  const continues = command.kind === "continue" && message?.role === "assistant" ? message : null;
  return { question, isNew: false, continues };
}

/** The message of a person's that is to be answered again. */
function questionOf(session: Session, { messageId }: { messageId: string }): UserMessage | null {
  const message = find(session, messageId);
  const question = message?.role === "assistant" ? find(session, message.parentId) : message;
  return question?.role === "user" ? question : null;
}

/** The outcome of the same request made before: a message id or a reply's message id that is already known. */
function findRepeated(session: Session, command: StartCommand, replyMessageId: string): StartOutcome | null {
  if (command.kind === "send") {
    const known = find(session, command.message.id);
    if (!known) return null;
    const same =
      known.role === "user" &&
      known.parentId === command.parentId &&
      JSON.stringify(known.parts) === JSON.stringify(command.message.parts);
    if (!same) throw conflict();
    return answerOf(session, (reply) => reply.parentId === known.id);
  }
  return findRepeatedAnswer(session, command, replyMessageId);
}

/** The reply, or what has become of it, that this very request for another answer, or the rest of one, has begun. */
function findRepeatedAnswer(
  session: Session,
  command: Exclude<StartCommand, { kind: "send" }>,
  replyMessageId: string,
): StartOutcome | null {
  const asked = session.messages.findIndex(({ id }) => id === command.messageId);
  const questionId = questionOf(session, command)?.id;
  const { reply } = session;
  if (reply?.messageId === replyMessageId) {
    const continues = command.kind === "continue" ? command.messageId : null;
    if (reply.parentId === questionId && reply.continues === continues) return { kind: "joined", reply };
    throw conflict();
  }
  const known = session.messages.findIndex(({ id }) => id === replyMessageId);
  const message = session.messages[known];
  if (!message) return null;
  // It is younger than what it was asked for, and the first answer to a question was asked for by the question.
  const isAnswer = message.role === "assistant" && message.parentId === questionId && known > asked;
  const isFirst = session.messages.findIndex(({ parentId }) => parentId === questionId) === known;
  if (!isAnswer || isFirst) throw conflict();
  if (command.kind === "continue" && !goesOnFrom(message, session.messages[asked])) throw conflict();
  return { kind: "settled", message };
}

function goesOnFrom({ parts }: AssistantMessage, before: Message | undefined): boolean {
  const said = before?.role === "assistant" ? before.parts : [];
  return said.every(({ type, text }, index) => {
    const part = parts[index];
    return part?.type === type && part.text.startsWith(text);
  });
}

/** What is to be made needs an id that nothing in the session has, or the tree of its messages would be none. */
function requireNewId(session: Session, command: StartCommand, reply: StartContext["reply"]) {
  const isTaken =
    (command.kind === "send" && command.message.id === reply.messageId) ||
    session.messages.some(
      (message) =>
        message.id === reply.messageId ||
        (message.role === "assistant" && message.metadata.replyId === reply.messageId),
    );
  if (isTaken) throw conflict();
}

function conflict(): ExpectedError {
  return new ExpectedError("message_conflict", "Another message was already sent under this id.");
}

function answerOf(
  session: Session,
  matches: (reply: { messageId: string; parentId: string }) => boolean,
): StartOutcome | null {
  if (session.reply && matches(session.reply)) return { kind: "joined", reply: session.reply };
  const message = session.messages.findLast(
    (message): message is AssistantMessage =>
      message.role === "assistant" && matches({ messageId: message.id, parentId: message.parentId }),
  );
  return message ? { kind: "settled", message } : null;
}

function emptySession(command: StartCommand, context: StartContext): Session {
  if (command.kind !== "send") {
    throw new ExpectedError("session_not_found", "This conversation does not exist, or was deleted.");
  }
  return {
    createdAt: context.now,
    updatedAt: context.now,
    title: titleFrom(firstWords(command.message.parts)),
    titleSource: "first-words",
    settings: { modelId: "", instructions: "" },
    messages: [],
    head: null,
    reply: null,
  };
}

function withParent(question: Target["question"], now: string): UserMessage {
  return {
    id: question.id,
    parentId: question.parentId,
    role: "user",
    parts: question.parts,
    metadata: { createdAt: now },
  };
}

function find(session: Session, id: string): Message | undefined {
  return session.messages.find((message) => message.id === id);
}
