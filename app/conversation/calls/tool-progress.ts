import { z } from "zod";
import { knownCall } from "./tool-part";

/** The text that a server of tools says with its progress, in UTF-16 units. */
const MAX_PROGRESS_LENGTH = 300;

/**
 * How far a call has come, as its server has last said. It is shown while the call runs, and is no part of the answer: it
 * is neither stored with it nor sent again.
 */
export const toolProgress = z.strictObject({
  toolCallId: knownCall.shape.toolCallId,
  progress: z.number(),
  /** What `progress` will be in the end, if the server knows. */
  total: z.number().positive().optional(),
  message: z.string().min(1).max(MAX_PROGRESS_LENGTH).optional(),
});

export type ToolProgress = z.infer<typeof toolProgress>;
export type Progress = Omit<ToolProgress, "toolCallId">;

/** The chunk by which followers learn the progress of all running calls of a reply: a transient data part of the AI SDK. */
export type ProgressChunk = { type: "data-tool-progress"; data: readonly ToolProgress[]; transient: true };

/** The parameters of MCP's `notifications/progress`, as far as they can be used; null for others. */
export function parseProgress(params: Record<string, unknown>): Progress | null {
  const { progress, total, message } = params;
  if (typeof progress !== "number" || !Number.isFinite(progress)) return null;
  const said = typeof message === "string" ? message.trim().slice(0, MAX_PROGRESS_LENGTH).toWellFormed() : "";
  return {
    progress,
    ...(typeof total === "number" && Number.isFinite(total) && total > 0 && { total }),
    ...(said !== "" && { message: said }),
  };
}
