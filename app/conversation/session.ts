import { z } from "zod";
import { ATTACHMENT_URL_PATTERN, DOCUMENT_TYPES, IMAGE_TYPES, MAX_FILENAME_LENGTH } from "./attachment";
import { MAX_INSTRUCTIONS_LENGTH, MAX_TEXT_LENGTH, MAX_TITLE_LENGTH } from "./limits";
import { list } from "./list";
import { MAX_OMISSION_SUBJECT_LENGTH, MAX_OMISSIONS } from "./omissions";
import { ITEM_ID_PATTERN, KEY_PATTERN } from "./session-id";

export const itemId = z.string().regex(ITEM_ID_PATTERN);
const timestamp = z.iso.datetime();

const textPart = z.strictObject({ type: z.literal("text"), text: z.string().max(MAX_TEXT_LENGTH) });
const reasoningPart = z.strictObject({ type: z.literal("reasoning"), text: z.string().max(MAX_TEXT_LENGTH) });
/** A file of the person's. Its bytes are stored beside the session, by their hash, and never in it. */
export const filePart = z.strictObject({
  type: z.literal("file"),
  mediaType: z.enum([...IMAGE_TYPES, ...DOCUMENT_TYPES]),
  filename: z.string().min(1).max(MAX_FILENAME_LENGTH),
  size: z.int().positive(),
  url: z.string().regex(ATTACHMENT_URL_PATTERN),
});
export const part = z.discriminatedUnion("type", [textPart, reasoningPart]);

export const usage = z.strictObject({
  /** All of them, those included that came from the provider's cache or went into it. */
  inputTokens: z.int().nonnegative().optional(),
  cacheReadTokens: z.int().nonnegative().optional(),
  cacheWriteTokens: z.int().nonnegative().optional(),
  outputTokens: z.int().nonnegative().optional(),
});

/** How a reply ended. Only `complete` means that the model said all it wanted to say. */
export const replyStatus = z.enum(["complete", "stopped", "failed", "interrupted"]);

const omission = z.strictObject({
  code: z.string().min(1).max(40),
  subject: z.string().max(MAX_OMISSION_SUBJECT_LENGTH).optional(),
});

const userMessage = z.strictObject({
  id: itemId,
  parentId: itemId.nullable(),
  role: z.literal("user"),
  parts: list(z.discriminatedUnion("type", [textPart, filePart]), z.array(z.unknown()).min(1)),
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
    /** The reply that it was: what a repeat of the request is told. */
    replyId: itemId.optional(),
    createdAt: timestamp,
    finishedAt: timestamp,
    /** From the start of the run that ended it to the model's first words, thoughts included, in milliseconds. */
    timeToFirstTokenMs: z.int().nonnegative().optional(),
    usage: usage.optional(),
    /** How many of the oldest messages the model was not given, since its window has no room for them. */
    omittedMessages: z.int().positive().optional(),
    /** What the model was not given as it is here, and why: a code, and the name of a file. */
    omissions: z.array(omission).max(MAX_OMISSIONS).optional(),
    /** Why it failed or was cut, as the person was told. */
    error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  }),
});

/** A message in the AI SDK's `UIMessage` form, with its parent: a conversation is a tree. */
export const message = z.discriminatedUnion("role", [userMessage, assistantMessage]);

export const instructions = z.string().max(MAX_INSTRUCTIONS_LENGTH);

/** How freely the model chooses its words, on the scale that every provider has in common. */
export const temperature = z.number().min(0).max(1);

export const settings = z.strictObject({
  modelId: z.string().max(200),
  instructions,
  /** The model's own choice where there is none. */
  temperature: temperature.optional(),
});

/** Who gave the title. What a person gave is not replaced by anybody else. Unknown in old files. */
export const titleSource = z.enum(["first-words", "model", "person"]);

/** A reply that is running, or was when its runner died. */
export const reply = z.strictObject({
  id: itemId,
  /** The assistant message that it becomes; not among the messages yet. */
  messageId: itemId,
  /** The user's message that it answers. */
  parentId: itemId,
  /** The assistant message whose text it goes on from, if it continues one that was cut. */
  continues: itemId.nullable(),
  /** 1 for the first runner, one more for each takeover. */
  epoch: z.int().positive(),
  /** The node and boot that runs it; null when a draining node has handed it over. */
  node: z.string().nullable(),
  modelId: z.string(),
  startedAt: timestamp,
  stopRequested: z.boolean(),
});

/** Links that a conversation may have, each of which shows a copy of it. */
export const MAX_SHARES = 20;
/** What it might have in earlier versions. */
const MAX_LISTED_SHARES = 100;

/** A link that shows a part of the conversation to others. The link holds a secret; this is its SHA-256, in hex. */
export const share = z.strictObject({ key: z.string().regex(KEY_PATTERN), createdAt: timestamp });

/** What a conversation is: everything in its file but the bookkeeping of commits. */
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
  shares: z.array(share).max(MAX_LISTED_SHARES).optional(),
});

export type Part = z.infer<typeof part>;
export type Usage = z.infer<typeof usage>;
export type Omission = z.infer<typeof omission>;
export type ReplyStatus = z.infer<typeof replyStatus>;
export type UserMessage = z.infer<typeof userMessage>;
export type AssistantMessage = z.infer<typeof assistantMessage>;
export type Message = z.infer<typeof message>;
export type Settings = z.infer<typeof settings>;
export type Reply = z.infer<typeof reply>;
export type Share = z.infer<typeof share>;
export type Session = z.infer<typeof session>;
