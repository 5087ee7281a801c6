import type { ErrorCode } from "~/conversation/expected-error";
import type { Timer } from "~/timer";

/** Answers to a secret that names nothing, whether it never did or its object was deleted. */
const UNKNOWN_SECRET: readonly ErrorCode[] = [
  "session_not_found",
  "attachment_not_found",
  "share_not_found",
  "handoff_gone",
  "keyring_not_found",
  "keyring_gone",
];

/** Milliseconds. Longer than a lookup on a healthy volume takes. */
const STEP_MS = 25;

/**
 * Resolves when an error response may be sent. Responses to unknown secrets are delayed to a multiple of `STEP_MS`, so
 * that their time does not disclose whether the secret ever named something.
 * @param code the error; others than those to unknown secrets are not delayed
 * @param startedAt time of `now` at the request's begin, in milliseconds
 * @param clocks `now` is a monotonic clock in milliseconds
 */
export async function evenAnswer(
  code: ErrorCode | undefined,
  startedAt: number,
  { now, timer }: { now: () => number; timer: Timer },
): Promise<void> {
  if (!code || !UNKNOWN_SECRET.includes(code)) return;
  const rest = STEP_MS - ((now() - startedAt) % STEP_MS);
  await new Promise<void>((resolve) => timer(rest, resolve));
}
