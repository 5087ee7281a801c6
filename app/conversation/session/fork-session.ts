import { beginSession } from "./begin-session";
import { branchTo } from "./branch";
import { ExpectedError } from "~/conversation/expected-error";
import { MAX_TITLE_LENGTH } from "~/conversation/limits";
import type { Session } from "./session";

export type Fork = { source: Session | null; messageId: string; now: string };

/**
 * Copies the branch up to a message to a new session, with the settings, and the title with a number. Other branches and
 * a running reply are not copied. Where an earlier attempt has made the fork, it is returned as it is now, even if its
 * source has changed or was deleted.
 * @throws ExpectedError `session_not_found`, `message_not_found`, `session_exists`, `session_full`
 */
export function forkSession(existing: Session | null, { source, messageId, now }: Fork): Session {
  if (existing?.messages.some(({ id }) => id === messageId)) return existing;
  if (!source) {
    throw new ExpectedError("session_not_found", "The conversation no longer exists.");
  }
  const messages = branchTo(source.messages, messageId);
  if (messages.length === 0) {
    throw new ExpectedError("message_not_found", "That message is not in the conversation.");
  }
  const { title, titleSource, settings } = source;
  return beginSession(existing, {
    createdAt: now,
    updatedAt: now,
    title: nextTitle(title),
    ...(titleSource && { titleSource }),
    settings,
    messages,
    head: messageId,
    reply: null,
  });
}

/** Numbers a title, so that source and copies differ in the list: Tea, Tea (2), Tea (3). */
function nextTitle(title: string): string {
  const [, name = title, number = "1"] = /^(.*) \((\d{1,4})\)$/s.exec(title) ?? [];
  if (name === "") return title;
  const mark = ` (${Number(number) + 1})`;
  return name.slice(0, MAX_TITLE_LENGTH - mark.length).toWellFormed() + mark;
}
