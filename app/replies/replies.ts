import { ExpectedError } from "~/conversation/expected-error";
import type { QueuedMessage, Reply, Session } from "~/conversation/session/session";
import { isWaiting } from "~/conversation/calls/claim-calls";
import type { CallDecision } from "~/conversation/calls/decide-call";
import { requestStop } from "~/conversation/reply/settle-reply";
import type { StartCommand, StartOutcome } from "~/conversation/reply/start-reply";
import type { EncryptionKeys } from "~/store/encryption/encryption-keys";
import type { SessionEvents } from "~/store/sessions/session-events";
import type { SessionRecord } from "~/store/sessions/session-store";
import type { Timer } from "~/timer";
import { beginReply, type ReplyReservation, type StartOptions } from "./begin-reply";
import type { FollowDependencies, FollowOptions } from "./following/follow-reply";
import { followSession, type FollowEvent } from "./following/follow-session";
import { startBurials } from "./log/bury-logs";
import { createChangeNotes } from "./log/change-notes";
import { createLogReaders } from "./log/log-readers";
import { createReplyLog } from "./log/reply-log";
import { decide } from "./calls/decide";
import { createJournalCleanup } from "./journals/journal-cleanup";
import { readJournalOf } from "./journals/journal-reader";
import { createPromotions } from "./promotions";
import { createQueueChanges, type QueueChanges } from "./queue-changes";
import { createRemoteReplies } from "./following/remote-replies";
import { costOfCall, replyCall, saidBefore } from "./reply-call";
import { createReplyStream } from "./following/reply-stream";
import type { RunnerDependencies } from "./run-context";
import { createRunningReplies, type RunningReplies } from "./running-replies";
import { createTakeovers } from "./takeovers";
import { createWatcherCount } from "./following/watcher-count";

export type { ReplyReservation, StartOptions } from "./begin-reply";

export type RepliesDependencies = Omit<RunnerDependencies, "replyLog" | "logs" | "prepareNext"> & {
  events: SessionEvents;
  /** Replies and their followers go on after the requests that brought their keys were answered. */
  keys: Pick<EncryptionKeys, "keep">;
  /** Whether an instance (`name.boot`) is held to be dead. Asking makes this node poll the logs of others more often. */
  isDead: (instance: string) => boolean;
  /** The same, without that effect. */
  hasDied: (instance: string) => boolean;
  /** The instances that are known to live, this one included. */
  living: () => readonly string[];
  /** Polls the logs of other nodes more often, until the returned function is called. */
  attend: (interest: "reply" | "watch") => () => void;
  timer: Timer;
  /** Time from the start of one append of words to the next, in milliseconds, with this number of running replies. */
  appendEveryMs: (replies: number) => number;
  newId: () => string;
  /** A number from 0 up to 1. */
  random: () => number;
  /** Reserves quota for a reply that another node began. Not given: none is needed. */
  adopt?: (replyId: string) => Promise<ReplyReservation>;
};

/** Everything that the application does with replies on this node. */
export type Replies = QueueChanges & {
  /** Begins to take over the replies of dead nodes that no request asks for, until the node drains. */
  begin(): void;
  /**
   * Commits the command, then runs the reply. The person's message is durable once this resolves.
   * @throws ExpectedError `model_not_found`, `node_draining`, `attachment_not_found`, `attachment_not_supported`,
   * and what `startReply` and the store throw
   */
  start(
    sessionHash: string,
    command: StartCommand,
    options?: StartOptions,
  ): Promise<{ record: SessionRecord | null; outcome: StartOutcome }>;
  /**
   * The session as it is now, after an orphaned reply was taken over or settled.
   * @throws ExpectedError `session_newer_format` where only a newer version can take the reply over
   */
  read(sessionHash: string): Promise<SessionRecord | null>;
  /**
   * A reply's stream after a cursor, and with `watch` everything that comes after it. Null where no reply runs.
   * `options.committed` is the record that `start` returned, where the reply is new: it saves a read of the session.
   * @throws ExpectedError `session_not_found`; `too_many_requests` where too many watch the session
   */
  follow(sessionHash: string, options: FollowOptions): Promise<AsyncGenerator<FollowEvent> | null>;
  /**
   * Asks for the end of the reply with this id, or without an id of the running one. Without effect where it has
   * ended.
   */
  stop(sessionHash: string, replyId?: string): Promise<void>;
  /**
   * Commits a person's decision about a call of a tool, and goes on with its reply where nothing else is to be decided.
   * Idempotent: see `decideCall`.
   * @throws ExpectedError `session_not_found`, `call_not_found`, `already_decided`, `invalid_decision`, `node_draining`, and
   * the store's errors
   */
  decide(sessionHash: string, decision: CallDecision): Promise<SessionRecord>;
  /** To be called after a session was removed, with the reply that ran in it: its runner on another node ends it. */
  noteRemoval(reply: Reply): Promise<void>;
  /** Number of replies that run on this node now. */
  active(): number;
  /** Takes no new replies, waits `deadlineMs` at most for running ones, then hands them over to other nodes. */
  drain(deadlineMs: number): Promise<void>;
  /** Aborted when the node drains: streams that only wait for news end, and their clients ask another node. */
  draining: AbortSignal;
};

/** Pause of a follower before it looks again for a reply that no node runs, in milliseconds. */
const FOLLOW_RETRY_MS = 250;

/** Interval at which a draining node checks whether a reply that was being committed runs by now, in milliseconds. */
const STARTING_MS = 50;

export function createReplies(options: RepliesDependencies): Replies {
  const { store, instance } = options;
  const commits = { areSucceeding: true };
  const draining = new AbortController();
  const costOf = (session: Session, reply: Reply, said = saidBefore(session, reply)) =>
    costOfCall(replyCall(session, reply, said), options.models);
  const promotions = createPromotions({ ...options, costOf, draining: draining.signal });
  const adopt = async (replyId: string) => (await options.adopt?.(replyId)) ?? null;
  const deps = {
    ...options,
    replyLog: createReplyLog({ ...options, intervalMs: options.appendEveryMs }),
    logs: createLogReaders(options),
    prepareNext: async (sessionHash: string, item: QueuedMessage, replyId: string) =>
      promotions.prepare(sessionHash, item, await adopt(replyId)),
  };
  const notes = createChangeNotes(deps);
  const cleanup = createJournalCleanup({ ...deps, isInMemory: (runId) => running.has(runId) });
  const running = createRunningReplies({
    ...deps,
    cleanup,
    draining: draining.signal,
    onUnsettled: (sessionHash) => takeovers.resume(sessionHash),
  });

  /** Whether no process runs the reply: its node is dead, has handed it over, or is this one and has lost it. */
  function isOrphaned(reply: Reply): boolean {
    if (isWaiting(reply)) return false;
    if (reply.node === null) return true;
    if (reply.node === instance) return !running.isHere(reply);
    return deps.isDead(reply.node);
  }

  const takeovers = createTakeovers({
    ...deps,
    adopt: async (replyId) => promotions.takeReservation(replyId) ?? adopt(replyId),
    costOf,
    running,
    cleanup,
    isOrphaned,
    draining: draining.signal,
  });
  let stopBurials = () => {};
  const followDependencies = createFollowDependencies({
    ...deps,
    read: takeovers.read,
    isOrphaned,
    running,
    draining: draining.signal,
  });

  return {
    begin() {
      // The first question need not wait for it. The first reply tries again, and reports a failure.
      deps.replyLog.ready().catch(() => undefined);
      stopBurials = startBurials({ ...deps, read: takeovers.read });
    },
    async start(sessionHash, command, options = {}) {
      if (draining.signal.aborted) throw drainingError();
      return beginReply(sessionHash, command, options, { ...deps, ...takeovers, running, commits, costOf });
    },
    read: takeovers.read,
    follow: (sessionHash, options) => followSession(sessionHash, options, followDependencies(sessionHash)),
    async stop(sessionHash, replyId) {
      const { record } = await store.update(
        sessionHash,
        (session) => ({
          session:
            session &&
            requestStop(session, { replyId, node: deps.node.name, finishedAt: deps.clock().toISOString() }),
          result: null,
        }),
        { asked: "stop", fromReserve: true },
      );
      const reply = record?.session.reply;
      if (!record || !reply?.stopRequested) return;
      running.find(reply)?.stop("stopped");
      await notes.change(reply, record.rev);
    },
    decide(sessionHash, decision) {
      if (draining.signal.aborted) throw drainingError();
      return decide(sessionHash, decision, { ...deps, read: takeovers.read, running, notes });
    },
    ...createQueueChanges({ ...deps, promotions, read: takeovers.read, draining: draining.signal }),
    noteRemoval: notes.removal,
    active: running.active,
    draining: draining.signal,
    async drain(deadlineMs) {
      draining.abort();
      stopBurials();
      await Promise.race([running.allEnded(), deps.delay(deadlineMs)]);
      await handAllOver(running, deps.delay);
      await deps.replyLog.close();
    },
  };
}

const drainingError = () => new ExpectedError("node_draining", "This server is about to stop. Try again.");

/** Hands over all replies that run. One whose commit is under way will run, and must be handed over, too. */
async function handAllOver(running: RunningReplies, delay: RepliesDependencies["delay"]) {
  for (let isLast = false; !isLast;) {
    isLast = !running.hasReserved();
    running.stopAll("handed over");
    await running.allEnded();
    if (!isLast) await delay(STARTING_MS);
  }
}

const ENDED = createReplyStream();
ENDED.end();

/** Followers of any session: of replies that run here, and of those on other nodes. */
function createFollowDependencies(
  deps: RepliesDependencies &
    RunnerDependencies & {
      read: FollowDependencies["read"];
      isOrphaned: (reply: Reply) => boolean;
      running: RunningReplies;
      draining: AbortSignal;
    },
): (sessionHash: string) => FollowDependencies {
  const remote = createRemoteReplies(deps);
  const enter = createWatcherCount();
  return (sessionHash) => ({
    read: deps.read,
    events: deps.events,
    keepKey: deps.keys.keep,
    enter,
    streamOf(key, rev, reply) {
      const own = deps.running.find(reply);
      if (own) return { stream: own.stream, leave: () => {} };
      // Committed by this node, which is about to run it: the follower looks again.
      if (reply.node === deps.instance) return { stream: ENDED, leave: () => {} };
      return deps.draining.aborted ? null : remote.follow(key, rev, reply);
    },
    draining: deps.draining,
    attend: deps.attend,
    saidBy: async ({ id, epoch, node, runners }) => {
      if (!runners || node === null) return readJournalOf(sessionHash, { id, epoch }, deps);
      return deps.logs.read(node, { sessionHash, replyId: id, epoch });
    },
    pause: () => deps.delay(FOLLOW_RETRY_MS),
  });
}
