import { z } from "zod";
import { attachmentKind, attachmentParts, MAX_DOCUMENTS, MAX_IMAGES } from "./files/attachment";
import type { ErrorCode } from "./expected-error";
import type { ModelOffer } from "./language-model";
import { HASH_PATTERN, SESSION_ID_PATTERN } from "./session/session-id";
import { MAX_KEYRING_LENGTH, MAX_TEXT_LENGTH, MAX_TITLE_LENGTH } from "./limits";
import { list } from "./list";
import { effort, filePart, instructions, itemId, temperature } from "./session/session";
import { MAX_INPUT_LENGTH, MAX_TOOL_ERROR_LENGTH, TOOL_NAME_PATTERN } from "./calls/call-state";
import type { ToolServerView } from "./calls/tool-choice";
import { decision, toolPart } from "./calls/tool-part";

/** The HTTP contract: schemas of the bodies that clients send, and types of the responses. */
const textPart = z.strictObject({ type: z.literal("text"), text: z.string().min(1).max(MAX_TEXT_LENGTH) });
const userParts = list(
  z.discriminatedUnion("type", [textPart, filePart]),
  z
    .array(z.unknown())
    .min(1)
    .max(16 + MAX_DOCUMENTS + MAX_IMAGES),
).refine((parts) => {
  const kinds = attachmentParts(parts).map(({ mediaType }) => attachmentKind(mediaType));
  const documents = kinds.filter((kind) => kind === "document").length;
  return documents <= MAX_DOCUMENTS && kinds.length - documents <= MAX_IMAGES;
}, `at most ${MAX_DOCUMENTS} documents and ${MAX_IMAGES} images fit in a message`);
const modelId = z.string().min(1).max(200);

const toolName = z.string().regex(TOOL_NAME_PATTERN);

/** Settings other than the model. A temperature or effort of null restores the default of the model. */
const settingsEdit = {
  instructions: instructions.optional(),
  temperature: temperature.nullable().optional(),
  effort: effort.nullable().optional(),
  tools: z
    .strictObject({
      use: z.record(toolName, z.boolean().nullable()).optional(),
      allowed: z.record(toolName, z.boolean()).optional(),
    })
    .optional(),
};

/** Settings may come with a message, since a session exists only from its first message on. */
const answerOptions = {
  modelId: modelId.optional(),
  settings: z.strictObject(settingsEdit).optional(),
  replyMessageId: itemId.optional(),
};

/** Strict objects, so that a body with the fields of two commands is refused. */
export const postMessageBody = z.union([
  z.strictObject({
    message: z.strictObject({ id: itemId, parts: userParts }),
    parentId: itemId.nullable(),
    /** The message may wait for the running answer. */
    queue: z.literal(true).optional(),
    /** With the first message of a session that is deleted when its tab is closed, or a day after its last use. */
    temporary: z.literal(true).optional(),
    ...answerOptions,
  }),
  z.strictObject({ regenerate: itemId, ...answerOptions }),
  z.strictObject({ continue: itemId, ...answerOptions }),
]);

/** `PATCH /api/session/queue/:id`: see `QueueEdit`. */
export const queueEditBody = z
  .strictObject({
    parts: userParts.optional(),
    before: itemId.nullable().optional(),
    restore: z.literal(true).optional(),
  })
  .refine(({ parts, before }) => parts !== undefined || before !== undefined, "there is nothing to change");

/** `POST /api/session/queue`. */
export const queueBody = z.strictObject({ resume: z.literal(true) });

/** `POST /api/session/temporary`: the tab of a temporary session was closed, or it was only reloaded. */
export const temporaryBody = z.strictObject({ isClosed: z.boolean() });

export const stopBody = z.strictObject({ replyId: itemId });

/** `POST /api/session/decisions`: see `CallDecision`. */
export const decisionBody = z
  .strictObject({
    toolCallId: toolPart.shape.toolCallId,
    attempt: z.int().nonnegative().optional(),
    decision,
    input: z
      .record(z.string(), z.unknown())
      .refine((input) => JSON.stringify(input).length <= MAX_INPUT_LENGTH, "these arguments are too long")
      .optional(),
    text: z.string().trim().min(1).max(MAX_TOOL_ERROR_LENGTH).optional(),
  })
  .refine(({ decision: made, input }) => input === undefined || made === "approve", {
    path: ["input"],
    message: "only an approval can change the arguments",
  });

export const patchSessionBody = z.strictObject({
  title: z.string().trim().min(1).max(MAX_TITLE_LENGTH).optional(),
  settings: z.strictObject({ modelId: modelId.optional(), ...settingsEdit }).optional(),
  head: itemId.optional(),
});

/** `from`: id of the session that is forked. The id of the new session is in the header, as in all requests. */
export const forkBody = z.strictObject({
  from: z.string().regex(SESSION_ID_PATTERN),
  messageId: itemId,
});

/** `from`: the old id of the session. `attachments`: files that drafts name, beside those of the messages. */
export const moveBody = z.strictObject({
  from: z.string().regex(SESSION_ID_PATTERN),
  attachments: z.array(z.string().regex(HASH_PATTERN)).max(500).optional(),
});

/** The secret of a link, made by the browser. Its holder may read the shared snapshot. */
const shareId = z.string().regex(SESSION_ID_PATTERN);

export const shareBody = z.strictObject({ shareId, withArguments: z.boolean().optional() });

/** By the secret, or by its hash as the session lists it, which is all that other devices of the person have. */
export const revokeShareBody = z.union([
  z.strictObject({ shareId }),
  z.strictObject({ key: z.string().regex(HASH_PATTERN) }),
]);

/** At most 64 KiB of ciphertext, in base64url. */
const MAX_SEALED_LENGTH = Math.ceil((65_536 * 4) / 3);

export const handoffBody = z.strictObject({
  sealed: z
    .string()
    .max(MAX_SEALED_LENGTH)
    .regex(/^[A-Za-z0-9_-]+$/, "this is no base64url"),
});

export type HandoffBody = z.infer<typeof handoffBody>;

/** A text that is too long is refused as such, whatever it is: with 413, by what stores it. */
const base64 = z
  .string()
  .refine((text) => text.length > MAX_KEYRING_LENGTH || isBase64(text), "this is no base64");

const isBase64 = (text: string) =>
  /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) && text.replace(/=+$/, "").length % 4 !== 1;

/** The body of `PUT /api/keyring`: all that a browser has sealed, in base64 or base64url. */
export const keyringBody = z.strictObject({ sealed: base64 });
/**
 * The body of `PATCH /api/keyring`: bytes to append to those that are stored. `after`: what these end with. The revision
 * alone does not tell, because a server that was restored from a backup uses revisions again.
 */
export const keyringAppendBody = z.strictObject({ append: base64, after: base64.optional() });
/** The longest keyring, and the JSON around it. */
export const MAX_KEYRING_BODY_BYTES = MAX_KEYRING_LENGTH + 1_024;

/** `appended` is in base64url, and in place of `sealed` where the revision `since` was asked for and is known. */
export type KeyringAnswer =
  { rev: number; sealed: string } | { rev: number; since: number; appended: string };
export type KeyringWritten = { rev: number };
export type KeyringConflict = ErrorBody & { rev: number; sealed: string };
/** Data of the events of `GET /api/keyring?watch`. */
export type KeyringEvent = { rev: number };

export const MAX_CODE_LENGTH = 200;

export const accessBody = z.strictObject({ code: z.string().max(MAX_CODE_LENGTH) });

export type DecisionBody = z.infer<typeof decisionBody>;
export type AccessBody = z.infer<typeof accessBody>;
export type ShareBody = z.infer<typeof shareBody>;
export type RevokeShareBody = z.infer<typeof revokeShareBody>;
export type ForkBody = z.infer<typeof forkBody>;
export type MoveBody = z.infer<typeof moveBody>;
export type QueueEditBody = z.infer<typeof queueEditBody>;
export type PostMessageBody = z.infer<typeof postMessageBody>;
export type PatchSessionBody = z.infer<typeof patchSessionBody>;

export type { QueuedView, ReplyView, SessionView } from "./session/session-view";

/** Response to a change: the revision that it has committed. */
export type Committed = { rev: number };

/** Response of `POST /api/handoffs`: for how long the box can be claimed. */
export type HandoffAccepted = { expiresInSeconds: number };

/** `POST /api/session/messages` with `Accept: application/json`. */
export type MessageAccepted = {
  rev: number;
  replyId: string;
  /** The message waits for the running answer. */
  queued?: true;
};

export type ModelView = Pick<
  ModelOffer,
  | "id"
  | "name"
  | "accepts"
  | "takesTemperature"
  | "efforts"
  | "inputPricePerMillion"
  | "outputPricePerMillion"
> & { provider: string };

/** `GET /api/models`. `notice`: a sentence that the page shows about the models, such as for the demo model. */
export type ModelsView = {
  models: ModelView[];
  defaultModelId: string;
  notice: { code: string; message: string } | null;
};

/** `GET /api/tools`. */
export type ToolsView = { servers: ToolServerView[] };

export type ErrorBody = { error: { code: ErrorCode; message: string } & Record<string, string | number> };

/** Data of `event: session` on `GET /api/session/stream?watch`. */
export type SessionEvent = { rev: number };
