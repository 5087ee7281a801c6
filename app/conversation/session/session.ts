import { z } from "zod";
import {
  ATTACHMENT_URL_PATTERN,
  DOCUMENT_TYPES,
  IMAGE_TYPES,
  MAX_FILENAME_LENGTH,
} from "~/conversation/files/attachment";
import { EFFORTS } from "~/conversation/effort";
import {
  MAX_ERROR_DETAIL_LENGTH,
  MAX_INSTRUCTIONS_LENGTH,
  MAX_NOTE_LENGTH,
  MAX_NOTES,
  MAX_QUEUED,
  MAX_REMOVED,
  MAX_SIGNATURE_LENGTH,
  MAX_TEXT_LENGTH,
  MAX_TITLE_LENGTH,
} from "~/conversation/limits";
import { list } from "~/conversation/list";
import { MAX_OMISSION_SUBJECT_LENGTH, MAX_OMISSIONS } from "~/conversation/reply/omissions";
import { ITEM_ID_PATTERN, HASH_PATTERN } from "./session-id";
import { MAX_ALLOWED_TOOLS, MAX_CALLS, TOOL_NAME_PATTERN } from "~/conversation/calls/call-state";
import { knownCall, sourcePart, stepStartPart, toolPart } from "~/conversation/calls/tool-part";

export const itemId = z.string().regex(ITEM_ID_PATTERN);
const timestamp = z.iso.datetime();

const textPart = z.strictObject({ type: z.literal("text"), text: z.string().max(MAX_TEXT_LENGTH) });
export const reasoningPart = z.strictObject({
  type: z.literal("reasoning"),
  text: z.string().max(MAX_TEXT_LENGTH),
  /** The provider's signature, without which it refuses the reasoning of a step that ended with tool calls. */
  signature: z.string().max(MAX_SIGNATURE_LENGTH).optional(),
  /** Reasoning that only the provider can read, in base64, in place of a text. It must be sent back in the same way. */
  redacted: z.string().max(MAX_SIGNATURE_LENGTH).optional(),
});
/** An attachment. Its bytes are stored in AttachmentStore, by their hash. */
export const filePart = z.strictObject({
  type: z.literal("file"),
  mediaType: z.enum([...IMAGE_TYPES, ...DOCUMENT_TYPES]),
  filename: z.string().min(1).max(MAX_FILENAME_LENGTH),
  size: z.int().positive(),
  url: z.string().regex(ATTACHMENT_URL_PATTERN),
});
export const part = z.discriminatedUnion("type", [
  textPart,
  reasoningPart,
  toolPart,
  stepStartPart,
  sourcePart,
]);

export const usage = z.strictObject({
  /** All input tokens, including reads from and writes to the provider's cache. */
  inputTokens: z.int().nonnegative().optional(),
  cacheReadTokens: z.int().nonnegative().optional(),
  cacheWriteTokens: z.int().nonnegative().optional(),
  outputTokens: z.int().nonnegative().optional(),
});

/** How a reply ended. Only `complete` means that the model ended it by itself. */
const replyStatus = z.enum(["complete", "stopped", "failed", "interrupted"]);

/** `detail`: the cause in the words of the model's server, cleaned (model/failures/provider-message.ts). */
const replyError = z.strictObject({
  code: z.string(),
  message: z.string(),
  detail: z.string().max(MAX_ERROR_DETAIL_LENGTH).optional(),
});

const omission = z.strictObject({
  code: z.string().min(1).max(40),
  subject: z.string().max(MAX_OMISSION_SUBJECT_LENGTH).optional(),
});

const userParts = list(z.discriminatedUnion("type", [textPart, filePart]), z.array(z.unknown()).min(1));

const userMessage = z.strictObject({
  id: itemId,
  parentId: itemId.nullable(),
  role: z.literal("user"),
  parts: userParts,
  metadata: z.strictObject({ createdAt: timestamp }),
});

const assistantMessage = z.strictObject({
  id: itemId,
  parentId: itemId,
  role: z.literal("assistant"),
  parts: list(part),
  metadata: z.strictObject({
    status: replyStatus,
    modelId: z.string(),
    node: z.string(),
    /** Id of the reply that became this message, with which a repeated request is answered. */
    replyId: itemId.optional(),
    createdAt: timestamp,
    finishedAt: timestamp,
    /** From the start of the last run to the model's first chunk, reasoning included, in milliseconds. */
    timeToFirstTokenMs: z.int().nonnegative().optional(),
    usage: usage.optional(),
    /** Number of oldest messages that were left out of the request, to fit into the model's window. */
    omittedMessages: z.int().positive().optional(),
    /** Content that the request omitted or replaced: see `Omission`. */
    omissions: z.array(omission).max(MAX_OMISSIONS).optional(),
    /** From the model's first chunk of reasoning to its first word of the answer, in milliseconds. Of the last run. */
    reasoningMs: z.int().nonnegative().optional(),
    /** Why it failed or was cut, as the page shows it. */
    error: replyError.optional(),
  }),
});

/** A message in the AI SDK's `UIMessage` form, with its parent, since the messages of a session are a tree. */
export const message = z.discriminatedUnion("role", [userMessage, assistantMessage]);

export const instructions = z.string().max(MAX_INSTRUCTIONS_LENGTH);

/** Sampling temperature, in the range that all providers accept. */
export const temperature = z.number().min(0).max(1);

export const effort = z.enum(EFFORTS);
/** A person's choices about tools in one session. */
export const toolChoice = z.strictObject({
  /** Whether a server or a tool, by its name, is used; the operator's default where it is not named. */
  use: z.record(z.string().regex(TOOL_NAME_PATTERN), z.boolean()).optional(),
  /** Tools that run without asking. */
  allowed: z.array(z.string().regex(TOOL_NAME_PATTERN)).max(MAX_ALLOWED_TOOLS).optional(),
});

export const settings = z.strictObject({
  modelId: z.string().max(200),
  instructions,
  /** The model's default where undefined. */
  temperature: temperature.optional(),
  /** How much the model reasons before it answers; the model's default where undefined. */
  effort: effort.optional(),
  tools: toolChoice.optional(),
});

/** Origin of the title. A title from a person is never replaced by a model. Undefined in old files. */
export const titleSource = z.enum(["first-words", "model", "person"]);

/**
 * Runners of a reply that its session names. Fruitless takeovers in a row end a reply long before, and a runner repeats
 * all that its predecessors have said, so the older ones are not needed.
 */
export const MAX_RUNNERS = 16;

/** A running reply, or one whose runner has died. */
export const reply = z.strictObject({
  id: itemId,
  /** `waiting`: it has no runner, because its calls wait for a person's decision. Undefined while it runs. */
  state: z.literal("waiting").optional(),
  /** Id of the assistant message that it becomes when it settles. */
  messageId: itemId,
  /** Id of the user's message that it answers. */
  parentId: itemId,
  /** Id of the assistant message that it continues; null for a new answer. */
  continues: itemId.nullable(),
  /** 1 for the first runner, one more for each takeover. */
  epoch: z.int().positive(),
  /** The instance that runs it, `name.boot`; null when a draining node has handed it over. */
  node: z.string().nullable(),
  modelId: z.string(),
  startedAt: timestamp,
  stopRequested: z.boolean(),
  /**
   * Runners of earlier epochs, newest first: their logs may hold what the reply has said. Undefined where the reply was
   * begun by a version whose runners wrote journals.
   */
  runners: z
    .array(z.strictObject({ node: z.string(), epoch: z.int().positive() }))
    .max(MAX_RUNNERS)
    .optional(),
  /** What the last takeover found: see `takeOverReply`. Undefined before the first. */
  progress: z.strictObject({ length: z.int().nonnegative(), fruitless: z.int().nonnegative() }).optional(),
});

/** What the session itself holds of its running reply, where that may call tools. */
const partialReply = z.strictObject({
  /** What the reply had said when it last waited; empty before. Later words are in the logs of its runners. */
  parts: list(part),
  /** Calls that are claimed for the runner, or that a person decides. None while the reply waits: they are in `parts`. */
  calls: z.array(knownCall).max(MAX_CALLS),
  /** The first epoch after it last waited: cursors of earlier ones count other chunks. */
  since: z.int().positive(),
});

/** A message that waits until the running reply, and the messages before it, were answered. */
const queuedMessage = z.strictObject({
  id: itemId,
  parts: userParts,
  /** Ids of its future reply, which its sender was told. */
  replyId: itemId,
  replyMessageId: itemId,
  /** The model that was chosen for it; undefined for that of the session when its turn comes. */
  modelId: z.string().max(200).optional(),
  /** A person has changed its parts since it was sent, so that a late repeat of the request has others. */
  isEdited: z.literal(true).optional(),
});

export const queue = z.strictObject({
  waiting: z.array(queuedMessage).max(MAX_QUEUED),
  /** Ids of messages that were removed, so that a late repeat of their request adds nothing. */
  removed: z.array(itemId).max(MAX_REMOVED + MAX_QUEUED),
  /** Why no message is sent until a person resumes the queue. Undefined while it goes on by itself. */
  pause: z.strictObject({ code: z.string().max(40), message: z.string().max(500).optional() }).optional(),
});

/** Limit of links to one session. */
export const MAX_SHARES = 20;
/** Limit of links in earlier versions, which stored sessions may have. */
const MAX_LISTED_SHARES = 100;

/** A link to a snapshot of the session. `key`: the SHA-256 of the link's secret, in hex. */
export const share = z.strictObject({ key: z.string().regex(HASH_PATTERN), createdAt: timestamp });

/** A session: everything in its file but the bookkeeping of commits. */
export const session = z.strictObject({
  createdAt: timestamp,
  updatedAt: timestamp,
  title: z.string().max(MAX_TITLE_LENGTH),
  titleSource: titleSource.optional(),
  settings,
  messages: list(message),
  /** The leaf of the branch that is shown; null before the first message. */
  head: itemId.nullable(),
  reply: reply.nullable(),
  partial: partialReply.optional(),
  queue: queue.optional(),
  /** Notes of the demo's tools. */
  notes: z.array(z.string().max(MAX_NOTE_LENGTH)).max(MAX_NOTES).optional(),
  shares: z.array(share).max(MAX_LISTED_SHARES).optional(),
});

export type Part = z.infer<typeof part>;
/** A part that grows word by word. */
export type WordsPart = Extract<Part, { text: string }>;
export type Usage = z.infer<typeof usage>;
export type Omission = z.infer<typeof omission>;
export type ReplyStatus = z.infer<typeof replyStatus>;
export type ReplyError = z.infer<typeof replyError>;
export type UserMessage = z.infer<typeof userMessage>;
export type AssistantMessage = z.infer<typeof assistantMessage>;
export type Message = z.infer<typeof message>;
export type Settings = z.infer<typeof settings>;
export type Reply = z.infer<typeof reply>;
export type PartialReply = z.infer<typeof partialReply>;
export type QueuedMessage = z.infer<typeof queuedMessage>;
export type Queue = z.infer<typeof queue>;
export type Share = z.infer<typeof share>;
export type Session = z.infer<typeof session>;
