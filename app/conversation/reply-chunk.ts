import { z } from "zod";
import { itemId, usage } from "./session";

/**
 * One step of a reply: the part of the AI SDK's `UIMessageChunk` protocol that a chat without tools needs.
 * It is what a journal holds, what a follower is sent and what a browser applies, all the same objects.
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
