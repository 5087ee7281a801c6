import { answerTooLong } from "~/conversation/reply/answer-bound";
import { answerEnding, stepsSpent } from "~/conversation/reply/answer-ending";
import { ExpectedError } from "~/conversation/expected-error";
import type { AssistantMessage, ReplyError, ReplyStatus } from "~/conversation/session/session";
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

/** The answer has called tools in as many steps as it may. */
export function stepLimitOutcome(): ReplyOutcome {
  return { status: "interrupted", error: stepsSpent() };
}

/** The model has failed, or the request to it. */
export function failedOutcome(error: unknown, hasBegun: boolean): ReplyOutcome & { error: ReplyError } {
  return { status: hasBegun ? "interrupted" : "failed", error: toReplyError(error) };
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
      message: "Conversation storage failed, so the answer was cut off.",
    };
  }
  return { code: "internal_error", message: "Something went wrong on our side. Try again." };
}
