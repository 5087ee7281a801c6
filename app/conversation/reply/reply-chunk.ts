import { z } from "zod";
import { itemId, reasoningPart, usage } from "~/conversation/session/session";
import { MAX_TOOL_ERROR_LENGTH } from "~/conversation/calls/call-state";
import { knownCall, sourcePart, toolOutput, toolPart } from "~/conversation/calls/tool-part";

const { toolCallId } = toolPart.shape;
const { signature, redacted } = reasoningPart.shape;

/** The state of a call, where the AI SDK has no chunk for it, and the decisions about it. */
const toolStateData = knownCall.pick({ toolCallId: true, state: true, attempt: true, decisions: true });

/**
 * One chunk of a reply, in the AI SDK's `UIMessageChunk` protocol, as far as a chat with tools needs it. Logs of
 * replies store them, followers receive them, and browsers apply them.
 */
export const replyChunk = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("start"), messageId: itemId }),
  z.strictObject({ type: z.literal("text-start"), id: z.string() }),
  z.strictObject({ type: z.literal("text-delta"), id: z.string(), delta: z.string() }),
  z.strictObject({ type: z.literal("text-end"), id: z.string() }),
  z.strictObject({ type: z.literal("reasoning-start"), id: z.string() }),
  z.strictObject({ type: z.literal("reasoning-delta"), id: z.string(), delta: z.string() }),
  z.strictObject({ type: z.literal("reasoning-end"), id: z.string(), signature, redacted }),
  z.strictObject({ type: z.literal("start-step") }),
  z.strictObject({
    type: z.literal("tool-input-available"),
    toolCallId,
    toolName: toolPart.shape.toolName,
    input: z.unknown(),
    dynamic: z.literal(true),
  }),
  z.strictObject({ type: z.literal("tool-approval-request"), approvalId: toolCallId, toolCallId }),
  z.strictObject({
    type: z.literal("tool-output-available"),
    toolCallId,
    output: toolOutput,
    dynamic: z.literal(true),
  }),
  z.strictObject({
    type: z.literal("tool-output-error"),
    toolCallId,
    errorText: z.string().max(MAX_TOOL_ERROR_LENGTH),
    dynamic: z.literal(true),
  }),
  z.strictObject({
    type: z.literal("tool-output-denied"),
    toolCallId,
    errorText: z.string().max(MAX_TOOL_ERROR_LENGTH),
  }),
  z.strictObject({ type: z.literal("data-tool-state"), data: toolStateData }),
  sourcePart,
  z.strictObject({
    type: z.literal("finish"),
    finishReason: z.enum(["stop", "length", "content-filter", "tool-calls", "other"]).optional(),
    messageMetadata: z
      .strictObject({
        usage: usage.optional(),
        omittedMessages: z.int().positive().optional(),
        /** A guardrail of the operator has ended the answer, and not a filter of the provider. */
        isGuarded: z.literal(true).optional(),
      })
      .optional(),
  }),
  z.strictObject({ type: z.literal("error"), errorText: z.string() }),
  z.strictObject({ type: z.literal("abort") }),
]);

export type ReplyChunk = z.infer<typeof replyChunk>;
