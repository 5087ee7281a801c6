import { answerTooLong, hasRoomAfter } from "./answer-bound";
import { isWaiting } from "~/conversation/calls/claim-calls";
import { undecidedCalls } from "~/conversation/calls/fold-calls";
import { editSettings, type SettingsEdit } from "~/conversation/session/edit-session";
import { ExpectedError } from "~/conversation/expected-error";
import { enqueue, findQueued, isQueuedId } from "~/conversation/queue/enqueue";
import { parentForNext, queueOf, withQueue } from "~/conversation/queue/message-queue";
import { sessionNotFound } from "~/conversation/session/require-session";
import { requireRoom } from "~/conversation/session/session-size";
import { firstWords, titleFrom } from "~/conversation/session/session-title";
import type {
  AssistantMessage,
  Message,
  QueuedMessage,
  Reply,
  Session,
  UserMessage,
} from "~/conversation/session/session";

export type SendCommand = {
  kind: "send";
  message: Pick<UserMessage, "id" | "parts">;
  parentId: string | null;
  /** It may wait for the running reply, and follows the head of the session: `parentId` counts for a new session only. */
  queue?: true | undefined;
};

/** A command of a person: send a message, regenerate an answer, or continue one that was cut. */
export type StartCommand =
  SendCommand | { kind: "regenerate"; messageId: string } | { kind: "continue"; messageId: string };

export type StartContext = {
  now: string;
  /** The model of the request; undefined for that of the session. */
  modelId: string | undefined;
  /** Changed settings, for this answer and later ones. */
  settings?: Omit<SettingsEdit, "modelId"> | undefined;
  /** The session's model where it is still on offer, else the default. */
  modelFor: (session: Session | null) => string;
  /** Whether the reply may call tools. */
  mayCallTools?: (settings: Session["settings"], modelId: string) => boolean;
  /** Throws where the model does not take the attachments of the question. */
  checkFiles?: (modelId: string, question: Pick<UserMessage, "parts">) => void;
  /** Ids for the reply, the same on each attempt to commit, so that the change is idempotent. */
  reply: Pick<Reply, "id" | "messageId" | "node">;
};

export type StartOutcome =
  | { kind: "started" | "joined"; reply: Reply }
  | { kind: "settled"; message: AssistantMessage }
  /** The message waits. `isNew`: this request has added it. */
  | { kind: "queued"; item: QueuedMessage; isNew: boolean };

export type Started = { session: Session; outcome: StartOutcome };

/**
 * Appends a message and the reply that answers it. Pure and idempotent: a repeated command joins the reply that the
 * first one has started.
 * @throws ExpectedError `reply_running`, `message_not_found`, `message_conflict`, `session_not_found`, `session_full`,
 * `answer_too_long` for the continuation of an answer of maximum length, what `checkFiles` throws, and those of
 * `findQueued` and `enqueue`
 */
export function startReply(
  session: Session | null,
  command: StartCommand,
  context: StartContext,
): { session: Session | null; outcome: StartOutcome } {
  const repeated = session && findRepeated(session, command, context.reply.messageId);
  if (repeated) return { session, outcome: repeated };
  if (hasReply(session)) {
    if (command.kind === "send" && command.queue) {
      const { session: queued, item } = enqueue(session, command, context);
      return { session: queued, outcome: { kind: "queued", item, isNew: true } };
    }
    throw new ExpectedError(
      "reply_running",
      isWaiting(session.reply)
        ? "The previous answer waits for a decision about a tool. Decide, or stop it."
        : "The previous answer is still being written. Wait for it or stop it.",
      { details: { replyId: session.reply.id } },
    );
  }

  const base = session ?? emptySession(command, context);
  const target =
    command.kind === "send" ? sendTarget(base, placed(session, command)) : answerTarget(base, command);
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
    runners: [],
  };
  const messages = target.isNew
    ? [...base.messages, withParent(target.question, context.now)]
    : base.messages;
  requireRoom(messages);
  const settings = editSettings(base.settings, { ...context.settings, modelId: reply.modelId });
  return {
    session: {
      ...base,
      updatedAt: context.now,
      settings,
      messages,
      head: target.question.id,
      reply,
      ...(context.mayCallTools?.(settings, modelId) && {
        partial: { parts: [], calls: undecidedCalls(target.continues?.parts ?? [], reply.epoch), since: 1 },
      }),
    },
    outcome: { kind: "started", reply },
  };
}

/**
 * Sends the first waiting message of a session without a reply. The queue goes on after its reply.
 * @param context the model is that of the message, if `isOffered`; the ids of the reply are those of the message
 * @returns null where none waits
 * @throws what `startReply` throws
 */
export function startNext(
  session: Session,
  {
    node,
    isOffered,
    ...context
  }: Omit<StartContext, "modelId" | "settings" | "reply"> & {
    node: string | null;
    isOffered: (modelId: string) => boolean;
  },
): { session: Session; reply: Reply } | null {
  const { pause: _, waiting, ...rest } = queueOf(session);
  const [next, ...others] = waiting;
  if (!next || session.reply) return null;
  const { id, parts, replyId, replyMessageId, modelId } = next;
  const started = startReply(
    withQueue(session, { ...rest, waiting: others }),
    { kind: "send", message: { id, parts }, parentId: parentForNext(session) },
    {
      ...context,
      modelId: modelId !== undefined && isOffered(modelId) ? modelId : undefined,
      reply: { id: replyId, messageId: replyMessageId, node },
    },
  );
  return { session: started.session!, reply: started.session!.reply! };
}

function hasReply(session: Session | null): session is Session & { reply: Reply } {
  return session !== null && session.reply !== null;
}

/** A message that could have waited follows the head, whatever its sender has seen. */
function placed(session: Session | null, command: SendCommand): SendCommand {
  return session && command.queue ? { ...command, parentId: parentForNext(session) } : command;
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
  // Not new where an imported session ends with this message.
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

/** The user message to answer again: the one with this id, or the parent of the answer with this id. */
function questionOf(session: Session, { messageId }: { messageId: string }): UserMessage | null {
  const message = find(session, messageId);
  const question = message?.role === "assistant" ? find(session, message.parentId) : message;
  return question?.role === "user" ? question : null;
}

/**
 * The outcome of an earlier request with the same ids; null where there was none.
 * @throws ExpectedError `message_conflict` where the ids belong to another request
 */
function findRepeated(session: Session, command: StartCommand, replyMessageId: string): StartOutcome | null {
  if (command.kind === "send") {
    const known = find(session, command.message.id);
    if (!known) {
      const item = findQueued(session, command);
      return item && { kind: "queued", item, isNew: false };
    }
    const same =
      known.role === "user" &&
      (command.queue || known.parentId === command.parentId) &&
      JSON.stringify(known.parts) === JSON.stringify(command.message.parts);
    if (!same) throw conflict();
    return answerOf(session, (reply) => reply.parentId === known.id);
  }
  return findRepeatedAnswer(session, command, replyMessageId);
}

/** The same for a request to regenerate or continue: its reply, or the message that it has become. */
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
  // An answer is after the message that its request names, and the first answer to a question was requested by `send`.
  const isAnswer = message.role === "assistant" && message.parentId === questionId && known > asked;
  const isFirst = session.messages.findIndex(({ parentId }) => parentId === questionId) === known;
  if (!isAnswer || isFirst) throw conflict();
  if (command.kind === "continue" && !isContinuationOf(message, session.messages[asked])) throw conflict();
  return { kind: "settled", message };
}

function isContinuationOf({ parts }: AssistantMessage, before: Message | undefined): boolean {
  const said = before?.role === "assistant" ? before.parts : [];
  return said.every((part, index) => {
    const now = parts[index];
    if (now?.type !== part.type) return false;
    return !("text" in part) || ("text" in now && now.text.startsWith(part.text));
  });
}

/** Message ids are unique in a session: they are the nodes of its tree. */
function requireNewId(session: Session, command: StartCommand, reply: StartContext["reply"]) {
  const isTaken =
    (command.kind === "send" && command.message.id === reply.messageId) ||
    isQueuedId(session, reply.messageId) ||
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
  if (command.kind !== "send") throw sessionNotFound();
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
