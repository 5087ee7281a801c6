import { beginSession } from "./begin-session";
import { branchTo } from "./branch";
import { ExpectedError } from "./expected-error";
import { MAX_TITLE_LENGTH } from "./limits";
import type { Session } from "./session";

export type Fork = { source: Session | null; messageId: string; now: string };

/**
 * A conversation of its own that begins as another one did, up to a message. Settings and title go with it, the title
 * with a number; what was said on other branches, and an answer that is being written, do not. Asked for again it is
 * what it has become, whatever has become of its source.
 * @throws ExpectedError `session_not_found`, `message_not_found`, `session_exists`, `session_full`
 */
export function forkSession(existing: Session | null, { source, messageId, now }: Fork): Session {
  if (existing?.messages.some(({ id }) => id === messageId)) return existing;
  if (!source) {
    throw new ExpectedError("session_not_found", "The conversation does not exist any more.");
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

/** A number in any language, so that the list tells the two apart: Tea, Tea (2), Tea (3). */
function nextTitle(title: string): string {
  const [, name = title, number = "1"] = /^(.*) \((\d{1,4})\)$/s.exec(title) ?? [];
  if (name === "") return title;
  const mark = ` (${Number(number) + 1})`;
  return name.slice(0, MAX_TITLE_LENGTH - mark.length).toWellFormed() + mark;
}
