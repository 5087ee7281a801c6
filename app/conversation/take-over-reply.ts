import type { Reply, Session } from "./session";

/** How often a reply may change its runner before it is kept as it is, for a person to continue. */
export const MAX_TAKEOVERS = 3;

type Which = Pick<Reply, "id" | "epoch">;

/**
 * Makes `node` the runner of a reply whose own is gone. The session itself where that reply has settled, or
 * another node was faster: the epoch tells.
 */
export function takeOverReply(session: Session, which: Which, node: string): Session {
  return isRunning(session, which)
    ? { ...session, reply: { ...session.reply, epoch: session.reply.epoch + 1, node } }
    : session;
}

/** Lets go of a running reply, for any node to take over at once. */
export function handOverReply(session: Session, which: Which): Session {
  return isRunning(session, which) ? { ...session, reply: { ...session.reply, node: null } } : session;
}

/** Whether the runner that has just become its own may go on with it. */
export function mayRun({ epoch }: Reply): boolean {
  return epoch <= 1 + MAX_TAKEOVERS;
}

function isRunning(session: Session, { id, epoch }: Which): session is Session & { reply: Reply } {
  return session.reply?.id === id && session.reply.epoch === epoch;
}
