import type { ToolOutput, ToolState } from "./tool-part";

/** Name of a tool as models know it: `<server>_<tool>`. */
export const TOOL_NAME_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** Tools that one session runs without asking. */
export const MAX_ALLOWED_TOOLS = 200;

/** Calls of one answer, in all its steps. */
export const MAX_CALLS = 100;
/** Attempts of one call: each needs a decision of a person. */
export const MAX_ATTEMPTS = 20;
/** Arguments of a call, in UTF-16 units of JSON. */
export const MAX_INPUT_LENGTH = 64_000;
/** The part of a result that is stored in the message, in UTF-16 units of JSON. The whole is an attachment then. */
export const MAX_OUTPUT_LENGTH = 64_000;
export const MAX_TOOL_ERROR_LENGTH = 4_000;

/** The outcome of a call: its output, or why there is none. */
export type CallResult =
  | { state: "output-available"; output: ToolOutput }
  | { state: "output-error" | "output-denied"; errorText: string };

export const isFinal = ({ state }: { state: ToolState }): boolean => state.startsWith("output-");

/** Whether the call waits for a person. */
export const isUndecided = ({ state }: { state: ToolState }): boolean =>
  state === "approval-requested" || state === "outcome-unknown";
