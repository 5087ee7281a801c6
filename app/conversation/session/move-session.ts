import { ExpectedError } from "~/conversation/expected-error";
import type { Session } from "./session";

/**
 * The session under its new id: all of it but its links, because anyone who knew the old id may have made them. Where the new id
 * has an earlier copy, that is replaced; where it was used since, it gets the messages that only the old one has.
 * @throws ExpectedError `reply_running`: its runner and followers know the old id
 */
export function moveSession(existing: Session | null, source: Session): Session {
  if (source.reply) {
    throw new ExpectedError("reply_running", "An answer is being written. Move this when it has finished.");
  }
  const { shares: _, ...moved } = source;
  if (!existing || isWithin(existing, source)) return moved;
  const known = new Set(existing.messages.map(({ id }) => id));
  const added = source.messages.filter(({ id }) => !known.has(id));
  return added.length === 0 ? existing : { ...existing, messages: [...existing.messages, ...added] };
}

function isWithin({ messages }: Session, whole: Session): boolean {
  const known = new Set(whole.messages.map(({ id }) => id));
  return messages.every(({ id }) => known.has(id));
}
