import type { ReplyChunk } from "./reply-chunk";
import { plainText } from "./reply-text";
import type { Part, ReplyStatus } from "~/conversation/session/session";

type Finish = Extract<ReplyChunk, { type: "finish" }>;
export type AnswerEndingCode =
  "answer_guarded" | "answer_length" | "answer_filtered" | "answer_empty" | "answer_steps";

type Ending = { status: ReplyStatus; error?: { code: AnswerEndingCode; message: string } };

/** A visible character: neither white space, nor a control character, nor one that Unicode ignores by default. */
const VISIBLE = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}]/u;

/**
 * The status of an answer that the model has ended. Reasoning alone is not an answer, even if it used up the maximum
 * length, because there is no text to continue. A missing finish reason counts as `stop`: the demo model gives none.
 */
export function answerEnding({ finishReason, messageMetadata }: Finish, parts: readonly Part[]): Ending {
  if (messageMetadata?.isGuarded) {
    return {
      status: "interrupted",
      error: { code: "answer_guarded", message: "A guardrail of this service has blocked the answer." },
    };
  }
  if (finishReason === "content-filter") {
    return {
      status: "interrupted",
      error: { code: "answer_filtered", message: "The provider's content filter ended the answer." },
    };
  }
  if (finishReason === "other" || finishReason === "tool-calls") return { status: "interrupted" };
  if (!VISIBLE.test(plainText(parts)) && !parts.some(({ type }) => type === "dynamic-tool")) {
    return {
      status: "failed",
      error: {
        code: "answer_empty",
        message: "The model returned no answer. Try again or choose another model.",
      },
    };
  }
  if (finishReason === "length") {
    return {
      status: "interrupted",
      error: {
        code: "answer_length",
        message: "The answer has reached the maximum length for one turn. You can continue it.",
      },
    };
  }
  return { status: "complete" };
}

/** The error of an answer that has called tools in as many steps as it may. */
export function stepsSpent(): NonNullable<Ending["error"]> {
  return {
    code: "answer_steps",
    message: "The answer has used tools as often as one turn allows. You can continue it.",
  };
}
