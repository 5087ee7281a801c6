import { MAX_INPUT_LENGTH, TOOL_NAME_PATTERN } from "~/conversation/calls/call-state";
import { sourcePart } from "~/conversation/calls/tool-part";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { FinishReason } from "./failures/finish-reasons";
import type { AnswerPart } from "./provider";

type CallPart = Extract<AnswerPart, { type: "tool-call" }>;

/**
 * Maps the calls of one answer, once it has ended: only its end says whether they are whole. Numbers them: ids of some
 * providers repeat, or have characters that others refuse.
 */
export function createCallMapper() {
  const calls: CallPart[] = [];

  function toChunk({ toolName, input }: CallPart, index: number, reason: FinishReason): ReplyChunk {
    // An answer that was cut by its length may have been cut within its last call.
    const isCut = reason === "length" && index === calls.length - 1;
    return {
      type: "tool-input-available",
      toolCallId: String(index + 1),
      // A name that no tool can have is answered as one that there is not.
      toolName: TOOL_NAME_PATTERN.test(toolName) ? toolName : "unknown",
      input: isCut ? beginningOf(input) : inputOf(input),
      dynamic: true,
    };
  }

  return {
    add: (call: CallPart) => void calls.push(call),
    /** Nothing that a filter has cut is run. */
    end: (reason: FinishReason): ReplyChunk[] =>
      reason === "content-filter" ? [] : calls.map((call, index) => toChunk(call, index, reason)),
  };
}

/** The arguments; the text itself where it is not JSON: the result of the call says so. */
function inputOf(json: string): unknown {
  if (json.length > MAX_INPUT_LENGTH) return beginningOf(json);
  try {
    return JSON.parse(json.trim() === "" ? "{}" : json) as unknown;
  } catch {
    return json.toWellFormed();
  }
}

const beginningOf = (json: string) => json.slice(0, 100).toWellFormed();

/** A source that can be shown: with an address of the web. */
export function toSource(part: Extract<AnswerPart, { type: "source"; sourceType: "url" }>): ReplyChunk[] {
  const { id, url, title } = part;
  const chunk = { type: "source-url" as const, sourceId: id, url, ...(title !== undefined && { title }) };
  return sourcePart.safeParse(chunk).success ? [chunk] : [];
}
