import { ExpectedError, type ErrorCode } from "~/conversation/expected-error";

const SENTENCES = {
  too_many_messages: "That is too many messages in a minute.",
  daily_messages_spent: "That was the last message for today: there are more tomorrow.",
  too_many_sessions: "Too many conversations were begun from your network today.",
  too_many_changes: "Too many changes came from your network in a minute.",
  daily_bytes_spent: "Too much was stored for your network today: there is room again tomorrow.",
  too_many_replies: "Too many answers are being written for your network at the same time.",
  node_full: "Too many answers are being written at the same time.",
  too_many_wrong_codes: "Too many wrong codes were tried.",
  address_budget_spent:
    "What is left today of what your network may use is not enough for this conversation. There is more tomorrow.",
  budget_spent:
    "What this chat may spend in a day is spent. It goes on tomorrow, and everything that was written is kept.",
} as const satisfies Partial<Record<ErrorCode, string>>;

export type RefusalCode = keyof typeof SENTENCES;

/**
 * The error for a limit that is reached. `retryAfterSeconds` is the time until a retry may succeed, where that is
 * known.
 */
export function refusal(code: RefusalCode, retryAfterSeconds: number): ExpectedError {
  return new ExpectedError(code, SENTENCES[code], { details: { retryAfterSeconds } });
}
