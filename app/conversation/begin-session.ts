import { ExpectedError } from "./expected-error";
import { MAX_ANSWER_BYTES } from "./limits";
import { requireRoom } from "./session-size";
import type { Session } from "./session";

/** Room for the longest answer and what is stored beside it: what could come to be can be forked, and imported. */
const LAST_ANSWER_LENGTH = MAX_ANSWER_BYTES + 200_000;

/**
 * A whole conversation put where there is none. What is there already from the same request is left as it is by
 * now, so that asking again is harmless.
 * @throws ExpectedError `session_exists` where another conversation stands, `session_full`
 */
export function beginSession(existing: Session | null, made: Session): Session {
  if (!existing) {
    requireRoom(made.messages, LAST_ANSWER_LENGTH);
    return made;
  }
  const ids = new Set(existing.messages.map(({ id }) => id));
  if (made.messages.every(({ id }) => ids.has(id))) return existing;
  throw new ExpectedError("session_exists", "Another conversation is already in this place.");
}
