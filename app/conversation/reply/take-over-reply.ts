import { isWaiting } from "~/conversation/calls/claim-calls";
import { MAX_RUNNERS, type Reply, type Session } from "~/conversation/session/session";

/** Takeovers in a row without a new word that end a reply as interrupted; a person may continue it. */
const MAX_FRUITLESS_TAKEOVERS = 3;

type Which = Pick<Reply, "id" | "epoch">;

/**
 * Makes an instance the runner of a reply whose runner is dead, or has handed it over. Returns the same session where the
 * reply has settled, or another node was first, which has changed the epoch.
 * @param node the instance, `name.boot`
 * @param length characters that the reply has said, as far as they were read before this commit. Less than there are is
 * harmless: the rest counts as progress of the next runner
 */
export function takeOverReply(session: Session, which: Which, node: string, length: number): Session {
  if (!isRunning(session, which)) return session;
  const { reply } = session;
  const before = reply.progress ?? { length: 0, fruitless: 0 };
  // Handing over is no fault of the reply: a rolling deployment of many nodes must not end one that is silent for long.
  const failed = reply.node === null ? before.fruitless : before.fruitless + 1;
  const fruitless = length > before.length ? 0 : failed;
  return {
    ...session,
    reply: {
      ...reply,
      epoch: reply.epoch + 1,
      node,
      runners: runnersAfter(reply),
      progress: { length, fruitless },
    },
  };
}

/** Gives up a running reply, so that any node may take it over at once. */
export function handOverReply(session: Session, which: Which): Session {
  if (!isRunning(session, which)) return session;
  const { reply } = session;
  const isLogged = reply.runners !== undefined;
  return { ...session, reply: { ...reply, node: null, ...(isLogged && { runners: runnersAfter(reply) }) } };
}

/** Whether a runner that has just taken over may continue the reply. */
export function mayRun({ progress }: Reply): boolean {
  return (progress?.fruitless ?? 0) < MAX_FRUITLESS_TAKEOVERS;
}

/** The runners whose logs may hold the words of a reply once it has another runner, newest first. */
function runnersAfter({ node, epoch, runners }: Reply): NonNullable<Reply["runners"]> {
  const earlier = runners ?? [];
  // Without a list, the runner so far has written a journal.
  if (node === null || runners === undefined) return earlier;
  return [{ node, epoch }, ...earlier].slice(0, MAX_RUNNERS);
}

function isRunning(session: Session, { id, epoch }: Which): session is Session & { reply: Reply } {
  return session.reply?.id === id && session.reply.epoch === epoch && !isWaiting(session.reply);
}
