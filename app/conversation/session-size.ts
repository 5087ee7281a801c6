import { ExpectedError } from "./expected-error";
import { MAX_MESSAGES, MAX_SESSION_LENGTH } from "./limits";
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
 * To be asked before a conversation grows by what a person does. An answer that is being written may go beyond; where
 * what it has become is to be copied, there is room for `lastAnswer`, in characters.
 * @throws ExpectedError `session_full`
 */
export function requireRoom(messages: readonly Message[], lastAnswer = 0): void {
  requireFew(messages, lastAnswer === 0 ? 0 : 1);
  if (sessionLength(messages) > MAX_SESSION_LENGTH + lastAnswer) throw full();
}

/**
 * The part of `requireRoom` that can be asked of messages before anybody has looked whether they are any.
 * @throws ExpectedError `session_full`
 */
export function requireFew(messages: readonly unknown[], lastAnswers: 0 | 1): void {
  if (messages.length > MAX_MESSAGES + lastAnswers) throw full();
}

function full(): ExpectedError {
  return new ExpectedError(
    "session_full",
    "This conversation has become too long to go on. Begin a new one; this one stays readable.",
  );
}
