import { MAX_INPUT_LENGTH, TOOL_NAME_PATTERN } from "~/conversation/calls/call-state";
import { sourcePart } from "~/conversation/calls/tool-part";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { AnswerPart } from "./provider";

/** Maps the calls of one answer, which it numbers: ids of some providers repeat, or have characters that others refuse. */
export function createCallMapper() {
  let calls = 0;
  return ({ toolName, input }: Extract<AnswerPart, { type: "tool-call" }>): ReplyChunk => {
    calls += 1;
    return {
      type: "tool-input-available",
      toolCallId: String(calls),
      // A name that no tool can have is answered as one that there is not.
      toolName: TOOL_NAME_PATTERN.test(toolName) ? toolName : "unknown",
      input: inputOf(input),
      dynamic: true,
    };
  };
}

/** The arguments; the text itself where it is not JSON: the result of the call says so. */
function inputOf(json: string): unknown {
  if (json.length > MAX_INPUT_LENGTH) return json.slice(0, 100).toWellFormed();
  try {
    return JSON.parse(json.trim() === "" ? "{}" : json) as unknown;
  } catch {
    return json.toWellFormed();
  }
}

/** A source that can be shown: with an address of the web. */
export function toSource(part: Extract<AnswerPart, { type: "source"; sourceType: "url" }>): ReplyChunk[] {
  const { id, url, title } = part;
  const chunk = { type: "source-url" as const, sourceId: id, url, ...(title !== undefined && { title }) };
  return sourcePart.safeParse(chunk).success ? [chunk] : [];
}
