import { ExpectedError } from "~/conversation/expected-error";
import { MAX_ANSWER_BYTES } from "~/conversation/limits";
import { requireRoom } from "./session-size";
import type { Session } from "./session";

/** Characters beyond the limit of a session for its last answer, so that every session that can exist can be copied. */
const LAST_ANSWER_LENGTH = MAX_ANSWER_BYTES + 200_000;

/**
 * Begins a session with the messages of a copy. Where an earlier attempt has begun it, the session as it is now is
 * returned, so that the request is idempotent.
 * @throws ExpectedError `session_exists` where the session has other messages, `session_full`
 */
export function beginSession(existing: Session | null, made: Session): Session {
  if (!existing) {
    requireRoom(made.messages, LAST_ANSWER_LENGTH);
    return made;
  }
  const ids = new Set(existing.messages.map(({ id }) => id));
  if (made.messages.every(({ id }) => ids.has(id))) return existing;
  throw new ExpectedError("session_exists", "Another conversation already has this id.");
}
