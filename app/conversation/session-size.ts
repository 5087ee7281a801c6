import { ExpectedError } from "./expected-error";
import { MAX_SESSION_LENGTH } from "./limits";
import type { Message } from "./session";

/** Messages are shared by the sessions that come one after the other, so each is measured once. */
const lengths = new WeakMap<Message, number>();

/** How much a conversation takes in its file, in characters of JSON; settings and the like beside. */
export function sessionLength(messages: readonly Message[]): number {
  let total = 0;
  for (const message of messages) {
    let length = lengths.get(message);
    if (length === undefined) lengths.set(message, (length = JSON.stringify(message).length));
    total += length;
  }
  return total;
}

/**
 * To be asked before a conversation grows by what a person does. An answer that is being written may go beyond, by
 * `spare` where what it has become is to be copied.
 * @throws ExpectedError `session_full`
 */
export function requireRoom(messages: readonly Message[], spare = 0): void {
  if (sessionLength(messages) <= MAX_SESSION_LENGTH + spare) return;
  throw new ExpectedError(
    "session_full",
    "This conversation has become too long to go on. Begin a new one; this one stays readable.",
  );
}
