import { answerTooLong } from "~/conversation/answer-bound";
import { answerEnding } from "~/conversation/answer-ending";
import { ExpectedError } from "~/conversation/expected-error";
import type { AssistantMessage, Reply, ReplyError, ReplyStatus } from "~/conversation/session";
import { errorCode } from "~/store/volume/volume";
import type { Finish } from "./relay-answer";
import type { StopReason } from "./stop-control";

/** How one run of a reply has ended, before it is stored. */
export type ReplyOutcome = {
  status: ReplyStatus;
  metadata?: Finish["messageMetadata"] | undefined;
  error?: ReplyError | undefined;
  /** Ended by a stop, whose reason may still be replaced while the outcome is being stored. */
  isCut?: boolean;
};

/** The model has finished. `parts` are those of the whole answer. */
export function finishedOutcome(finish: Finish, parts: AssistantMessage["parts"]): ReplyOutcome {
  return { ...answerEnding(finish, parts), metadata: finish.messageMetadata };
}

/** The answer has reached the size bound of one message. */
export function tooLongOutcome(): ReplyOutcome & { error: ReplyError } {
  const { code, message } = answerTooLong();
  return { status: "interrupted", error: { code, message } };
}

export function cutOutcome(reason: StopReason): ReplyOutcome {
  return { status: reason === "stopped" ? "stopped" : "interrupted", isCut: true };
}

/** The model has failed, or the request to it. */
export function failedOutcome(
  error: unknown,
  { epoch }: Pick<Reply, "epoch">,
): ReplyOutcome & { error: ReplyError } {
  // A reply that was taken over had begun well: only its continuation has failed.
  return { status: epoch > 1 ? "interrupted" : "failed", error: toReplyError(error) };
}

function toReplyError(error: unknown): ReplyError {
  if (ExpectedError.isInstance(error)) {
    const { code, message, providerMessage: detail } = error;
    return { code, message, ...(detail !== null && { detail }) };
  }
  const code = errorCode(error);
  if (code && /^E[A-Z0-9]+$/.test(code)) {
    return {
      code: "volume_unavailable",
      message: "The storage for conversations has a fault: the answer was cut.",
    };
  }
  return { code: "internal_error", message: "Something went wrong on our side. Try again." };
}
