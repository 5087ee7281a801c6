import type { Reply, Session } from "./session";

/** Takeovers of a reply after which it settles as interrupted, and a person may continue it. */
export const MAX_TAKEOVERS = 3;

type Which = Pick<Reply, "id" | "epoch">;

/**
 * Makes an instance the runner of a reply whose runner is dead. Returns the same session where the reply has settled, or
 * another node was first, which has changed the epoch.
 * @param node the instance, `name.boot`
 */
export function takeOverReply(session: Session, which: Which, node: string): Session {
  return isRunning(session, which)
    ? { ...session, reply: { ...session.reply, epoch: session.reply.epoch + 1, node } }
    : session;
}

/** Gives up a running reply, so that any node may take it over at once. */
export function handOverReply(session: Session, which: Which): Session {
  return isRunning(session, which) ? { ...session, reply: { ...session.reply, node: null } } : session;
}

/** Whether a runner that has just taken over may continue the reply. */
export function mayRun({ epoch }: Reply): boolean {
  return epoch <= 1 + MAX_TAKEOVERS;
}

function isRunning(session: Session, { id, epoch }: Which): session is Session & { reply: Reply } {
  return session.reply?.id === id && session.reply.epoch === epoch;
}
