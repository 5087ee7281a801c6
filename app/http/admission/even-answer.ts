import type { ErrorCode } from "~/conversation/expected-error";

/** What is said of a secret that opens nothing, whether it never did or what it opened is gone. */
const OPENS_NOTHING: readonly ErrorCode[] = [
  "session_not_found",
  "attachment_not_found",
  "share_not_found",
  "handoff_gone",
];

/** Longer than it takes to look on a volume that is well. */
const STEP_MS = 25;

/**
 * Resolves when an answer that began at `began` (`performance.now()`) may go out: whoever tries secrets is told after
 * a whole number of steps that they open nothing, so that the time tells no more than the answer.
 */
export async function evenAnswer(code: ErrorCode | undefined, began: number): Promise<void> {
  if (!code || !OPENS_NOTHING.includes(code)) return;
  const rest = STEP_MS - ((performance.now() - began) % STEP_MS);
  await new Promise((resolve) => setTimeout(resolve, rest));
}
