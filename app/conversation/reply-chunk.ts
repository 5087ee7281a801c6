import { z } from "zod";
import { itemId, usage } from "./session";

/**
 * One chunk of a reply, in the AI SDK's `UIMessageChunk` protocol, as far as a chat without tools needs it. Logs of
 * replies store them, followers receive them, and browsers apply them.
 */
export const replyChunk = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("start"), messageId: itemId }),
  z.strictObject({ type: z.literal("text-start"), id: z.string() }),
  z.strictObject({ type: z.literal("text-delta"), id: z.string(), delta: z.string() }),
  z.strictObject({ type: z.literal("text-end"), id: z.string() }),
  z.strictObject({ type: z.literal("reasoning-start"), id: z.string() }),
  z.strictObject({ type: z.literal("reasoning-delta"), id: z.string(), delta: z.string() }),
  z.strictObject({ type: z.literal("reasoning-end"), id: z.string() }),
  z.strictObject({
    type: z.literal("finish"),
    finishReason: z.enum(["stop", "length", "content-filter", "other"]).optional(),
    messageMetadata: z
      .strictObject({ usage: usage.optional(), omittedMessages: z.int().positive().optional() })
      .optional(),
  }),
  z.strictObject({ type: z.literal("error"), errorText: z.string() }),
  z.strictObject({ type: z.literal("abort") }),
]);

export type ReplyChunk = z.infer<typeof replyChunk>;
