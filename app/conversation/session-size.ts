import { ExpectedError } from "./expected-error";
import { MAX_MESSAGES, MAX_SESSION_BYTES, MAX_SESSION_LENGTH } from "./limits";
import type { Message, Session } from "./session";

export type SessionSize = { length: number; bytes: number };

/** Messages are shared by the sessions that come one after the other, so each is measured once. */
const sizes = new WeakMap<Message, SessionSize>();

/** How much a conversation takes in its file, in characters of JSON and in bytes; settings and the like beside. */
export function sessionSize(messages: readonly Message[]): SessionSize {
  const total = { length: 0, bytes: 0 };
  for (const message of messages) {
    let size = sizes.get(message);
    if (!size) sizes.set(message, (size = sizeOf(JSON.stringify(message))));
    total.length += size.length;
    total.bytes += size.bytes;
  }
  return total;
}

/** What a conversation takes in its file, in bytes: title, instructions and all. */
export function sessionBytes({ messages, ...rest }: Session): number {
  return sessionSize(messages).bytes + sizeOf(JSON.stringify(rest)).bytes;
}

/** By how many bytes a change makes the stored conversation longer; 0 where it does not. */
export function addedBytes(before: Session | null, after: Session): number {
  return Math.max(0, sessionBytes(after) - (before ? sessionBytes(before) : 0));
}

function sizeOf(json: string): SessionSize {
  return { length: json.length, bytes: new TextEncoder().encode(json).length };
}

/**
 * To be asked before a conversation grows by what a person does. An answer that is being written may go beyond; where
 * what it has become is to be copied, there is room for `lastAnswer`, in characters or bytes.
 * @throws ExpectedError `session_full`
 */
export function requireRoom(messages: readonly Message[], lastAnswer = 0): void {
  requireFew(messages, lastAnswer === 0 ? 0 : 1);
  const { length, bytes } = sessionSize(messages);
  if (length > MAX_SESSION_LENGTH + lastAnswer || bytes > MAX_SESSION_BYTES + lastAnswer) throw full();
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
