import type { ReplyChunk } from "./reply-chunk";
import type { ReplyStatus } from "./session";

type Finish = Extract<ReplyChunk, { type: "finish" }>;
export type AnswerEndingCode = "answer_length" | "answer_filtered";

type Ending = { status: ReplyStatus; error?: { code: AnswerEndingCode; message: string } };

/** How an answer has ended that the model ended: not always because it had said all it wanted to say. */
export function answerEnding({ finishReason }: Finish): Ending {
  if (finishReason === "length") {
    return {
      status: "interrupted",
      error: { code: "answer_length", message: "It is as long as one answer may be here: let it continue." },
    };
  }
  if (finishReason === "content-filter") {
    return {
      status: "interrupted",
      error: { code: "answer_filtered", message: "The filter of the model's provider has ended it." },
    };
  }
  return { status: "complete" };
}
