import { ExpectedError } from "~/conversation/expected-error";
import { MAX_MESSAGES, MAX_SESSION_BYTES, MAX_SESSION_LENGTH } from "~/conversation/limits";
import type { Message, Session } from "./session";

export type SessionSize = { length: number; bytes: number };

/** Cache: consecutive revisions of a session share their messages. */
const sizes = new WeakMap<Message, SessionSize>();

/** Size of the messages of a session in its file: characters of JSON, and bytes of UTF-8. */
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

/** Size of a whole session in its file, in bytes. */
export function sessionBytes({ messages, ...rest }: Session): number {
  return sessionSize(messages).bytes + sizeOf(JSON.stringify(rest)).bytes;
}

/** Bytes that a change adds to the stored session; 0 where it does not grow. */
export function addedBytes(before: Session | null, after: Session): number {
  return Math.max(0, sessionBytes(after) - (before ? sessionBytes(before) : 0));
}

function sizeOf(json: string): SessionSize {
  return { length: json.length, bytes: new TextEncoder().encode(json).length };
}

/**
 * Checks the limits of a session before a person adds to it. A running reply may exceed them, so a copy of a session
 * is allowed `lastAnswer` more characters and bytes.
 * @throws ExpectedError `session_full`
 */
export function requireRoom(messages: readonly Message[], lastAnswer = 0): void {
  requireFew(messages, lastAnswer === 0 ? 0 : 1);
  const { length, bytes } = sessionSize(messages);
  if (length > MAX_SESSION_LENGTH + lastAnswer || bytes > MAX_SESSION_BYTES + lastAnswer) throw full();
}

/**
 * Checks only the number of messages, before they are parsed.
 * @param lastAnswers how many more messages are allowed
 * @throws ExpectedError `session_full`
 */
export function requireFew(messages: readonly unknown[], lastAnswers: 0 | 1): void {
  if (messages.length > MAX_MESSAGES + lastAnswers) throw full();
}

function full(): ExpectedError {
  return new ExpectedError(
    "session_full",
    "This conversation has become too long to continue. Start a new one; you can still read this one.",
  );
}
