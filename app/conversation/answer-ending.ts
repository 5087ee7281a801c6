import type { ReplyChunk } from "./reply-chunk";
import { plainText } from "./reply-text";
import type { Part, ReplyStatus } from "./session";

type Finish = Extract<ReplyChunk, { type: "finish" }>;
export type AnswerEndingCode = "answer_length" | "answer_filtered" | "answer_empty";

type Ending = { status: ReplyStatus; error?: { code: AnswerEndingCode; message: string } };

/** A character that can be seen: no white space, nothing that controls or joins others. */
const VISIBLE = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}]/u;

/**
 * How an answer has ended that the model ended: not always because it had said all it wanted to say. Thoughts alone
 * are no answer, also where they took all its length: there is nothing to continue. A finish without a reason is one of a model that needs none, such as the demo.
 */
export function answerEnding({ finishReason }: Finish, parts: readonly Part[]): Ending {
  if (finishReason === "content-filter") {
    return {
      status: "interrupted",
      error: { code: "answer_filtered", message: "The filter of the model's provider has ended it." },
    };
  }
  if (finishReason === "other") return { status: "interrupted" };
  if (!VISIBLE.test(plainText(parts))) {
    return {
      status: "failed",
      error: {
        code: "answer_empty",
        message: "The model gave no answer. Try again, or choose another model.",
      },
    };
  }
  if (finishReason === "length") {
    return {
      status: "interrupted",
      error: { code: "answer_length", message: "It is as long as one answer may be here: let it continue." },
    };
  }
  return { status: "complete" };
}
