import { ExpectedError, type ErrorCode } from "~/conversation/expected-error";

const SENTENCES = {
  too_many_messages: "Too many messages this minute.",
  daily_messages_spent: "You have used all of today's messages. You can send more tomorrow.",
  too_many_sessions: "Too many conversations were started from your network today.",
  too_many_keyrings: "Too many lists of conversations were started from your network today.",
  too_many_changes: "Too many changes from your network this minute.",
  daily_bytes_spent:
    "Your network has reached its storage limit for today. There will be room again tomorrow.",
  too_many_replies: "Too many answers are being written for your network at once.",
  node_full: "Too many answers are being written at once.",
  too_many_wrong_codes: "Too many wrong codes were entered.",
  address_budget_spent:
    "Your network's remaining budget for today is too small for this conversation. Try again tomorrow.",
  budget_spent:
    "This chat has spent its budget for today. You can continue tomorrow, and everything you have written is saved.",
} as const satisfies Partial<Record<ErrorCode, string>>;

export type RefusalCode = keyof typeof SENTENCES;

/**
 * The error for a limit that is reached. `retryAfterSeconds` is the time until a retry may succeed, where that is
 * known.
 */
export function refusal(code: RefusalCode, retryAfterSeconds: number): ExpectedError {
  return new ExpectedError(code, SENTENCES[code], { details: { retryAfterSeconds } });
}
