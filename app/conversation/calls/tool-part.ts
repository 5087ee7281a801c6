import { z } from "zod";
import {
  ATTACHMENT_URL_PATTERN,
  DOCUMENT_TYPES,
  IMAGE_TYPES,
  MAX_FILENAME_LENGTH,
} from "../files/attachment";
import { list } from "../list";
import { ITEM_ID_PATTERN } from "../session/session-id";
import { MAX_ATTEMPTS, MAX_TOOL_ERROR_LENGTH, TOOL_NAME_PATTERN } from "./call-state";

/**
 * States of a call. Of these, `approval-requested` and `outcome-unknown` wait for a person, and those that begin with
 * `output-` are final.
 *
 * - `input-available`: the model has called the tool, and nothing was sent to its server
 * - `running`: claimed by a commit, and perhaps sent
 * - `outcome-unknown`: claimed, perhaps sent, and its runner has learned no result
 */
export const toolState = z.enum([
  "input-available",
  "approval-requested",
  "running",
  "output-available",
  "output-error",
  "output-denied",
  "outcome-unknown",
]);

/** What a person says about a call. The first two are about an approval, the others about an unknown outcome. */
export const decision = z.enum(["approve", "deny", "happened", "retry", "skip"]);

const decisionOfAttempt = z.strictObject({ attempt: z.int().nonnegative(), decision });

const outputText = z.strictObject({ type: z.literal("text"), text: z.string() });
const outputFile = z.strictObject({
  type: z.literal("file"),
  mediaType: z.enum([...IMAGE_TYPES, ...DOCUMENT_TYPES]),
  filename: z.string().min(1).max(MAX_FILENAME_LENGTH),
  size: z.int().positive(),
  url: z.string().regex(ATTACHMENT_URL_PATTERN),
});

/** A result in MCP's form, with attachments in place of bytes. */
export const toolOutput = z.strictObject({
  content: list(z.discriminatedUnion("type", [outputText, outputFile])),
  structuredContent: z.unknown().optional(),
});

const callId = z.string().regex(ITEM_ID_PATTERN);

/** The state of a call, in a message and where the session itself holds it while its reply runs. */
const callState = {
  /** Unique in the session; providers repeat their own. */
  toolCallId: callId,
  state: toolState,
  /** Number of claims: 0 before the first. */
  attempt: z.int().nonnegative().max(MAX_ATTEMPTS),
  decisions: z
    .array(decisionOfAttempt)
    .max(2 * MAX_ATTEMPTS)
    .optional(),
  output: toolOutput.optional(),
  /** Why there is no output, for the model and the person. */
  errorText: z.string().max(MAX_TOOL_ERROR_LENGTH).optional(),
};

/** A call of a tool in an answer: the AI SDK's `dynamic-tool` part, with states that the SDK does not have. */
export const toolPart = z.strictObject({
  type: z.literal("dynamic-tool"),
  toolName: z.string().regex(TOOL_NAME_PATTERN),
  ...callState,
  /** The arguments, as the model or the person who approved them has written them. */
  input: z.unknown(),
});

/** Ends what a model has said in one step; the next begins after the results of its calls. */
export const stepStartPart = z.strictObject({ type: z.literal("step-start") });

/** A page that an answer rests on. */
export const sourcePart = z.strictObject({
  type: z.literal("source-url"),
  sourceId: z.string().min(1).max(200),
  url: z.url({ protocol: /^https?$/ }).max(2_000),
  title: z.string().max(500).optional(),
});

/** A call of the running reply that a commit has claimed, or that a person decides. Its result may be in the log only. */
export const knownCall = z.strictObject({
  ...callState,
  /** Epoch of the runner that the last claim was made for. */
  epoch: z.int().nonnegative(),
  /** The arguments that a person has approved in place of the model's. */
  input: z.unknown().optional(),
});

export type ToolState = z.infer<typeof toolState>;
export type Decision = z.infer<typeof decision>;
export type ToolOutput = z.infer<typeof toolOutput>;
export type ToolPart = z.infer<typeof toolPart>;
export type SourcePart = z.infer<typeof sourcePart>;
export type KnownCall = z.infer<typeof knownCall>;
