import { attachmentParts } from "~/conversation/attachment";
import type { SettingsEdit } from "~/conversation/edit-session";
import { estimateCall, type CallEstimate } from "~/conversation/estimate-call";
import { ExpectedError } from "~/conversation/expected-error";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Spending } from "~/conversation/reply-cost";
import type { Reply, Session, UserMessage } from "~/conversation/session";
import { addedBytes } from "~/conversation/session-size";
import { requestStop } from "~/conversation/settle-reply";
import { checkSupported } from "~/conversation/supported-attachments";
import { startReply, type StartCommand, type StartOutcome } from "~/conversation/start-reply";
import type { EncryptionKeys } from "~/store/encryption/encryption-keys";
import { readSessionFolder } from "~/store/sessions/layout";
import { isNewerFormat } from "~/store/newer-format";
import type { SessionEvents } from "~/store/sessions/session-events";
import type { SessionRecord } from "~/store/sessions/session-store";
import type { FollowOptions } from "./follow-reply";
import { followSession, type FollowEvent } from "./follow-session";
import { readJournalOf } from "./journal-reader";
import { nameSession } from "./name-session";
import { createRemoteReplies } from "./remote-replies";
import { replyCall } from "./reply-call";
import { runReply, saidBefore, type Run, type RunnerDependencies } from "./run-reply";
import { takeOver } from "./take-over";
import { createWatcherCount } from "./watcher-count";

export type RepliesDependencies = RunnerDependencies & {
  events: SessionEvents;
  /** Replies and their followers go on when the requests that brought their keys are answered. */
  keys: Pick<EncryptionKeys, "keep">;
  /** Whether the node and boot that runs a reply is known to be gone for good. */
  isDead: (instance: string) => boolean;
  /** Asks for news of other nodes soon, until what it returns is called. */
  attend: (interest: "reply" | "watch") => () => void;
  newId: () => string;
  /** Leave to go on with a reply that another node began; none is needed, if not given. */
  adopt?: (replyId: string) => Promise<ReplyReservation>;
};

export type StartOptions = {
  modelId?: string | undefined;
  /** What the person has set anew, for this answer and those after it. */
  settings?: Omit<SettingsEdit, "modelId"> | undefined;
  /** The id of the assistant message to be, where the client made one: a repeat of it joins. */
  replyMessageId?: string | undefined;
  /** Leave to begin a reply. What joins one that is there needs none. */
  reservation?: ReplyReservation | undefined;
};

export type ReplyReservation = {
  /** Called when a reply is about to begin, and again if that has to be tried again. Throws to refuse it. */
  acquire(start: { isNewSession: boolean; bytes?: number; cost: () => CallEstimate; replyId: string }): void;
  /** Told what the reply costs, as far as it is written on this node, and its title. */
  record(spending: Spending): void;
  /** No reply has begun. */
  rollback(): void;
  /** The reply that had begun has ended on this node. */
  release(): void;
};

/** Everything that the application does with replies on this node. */
export type Replies = {
  /**
   * Commits what was asked for, then runs the reply. Once it resolves the person's message is durable.
   * @throws ExpectedError `model_not_found`, `node_draining`, `attachment_not_found`, `attachment_not_supported`,
   * and what `startReply` and the store throw
   */
  start(
    key: string,
    command: StartCommand,
    options?: StartOptions,
  ): Promise<{ record: SessionRecord | null; outcome: StartOutcome }>;
  /**
   * The session as it is, after a reply whose runner is gone was taken over.
   * @throws ExpectedError `session_newer_format` where only a newer version can take it over
   */
  read(key: string): Promise<SessionRecord | null>;
  /**
   * A reply's stream from a cursor on, and with `watch` all that comes after it. Null where no reply runs.
   * `committed` is what `start` has just returned, where the reply is new: then the session need not be read.
   * @throws ExpectedError `session_not_found`, `too_many_requests` for one more who watches where many do
   */
  follow(key: string, options: FollowOptions): Promise<AsyncGenerator<FollowEvent> | null>;
  /** Asks for the end of the reply with this id, or of whichever runs; nothing where it does not run. */
  stop(key: string, replyId?: string): Promise<void>;
  /** How many replies this node runs at the moment. */
  active(): number;
  /** Takes no new replies, waits for the running ones at most so long (ms), then hands them over to other nodes. */
  drain(deadlineMs: number): Promise<void>;
};

const NO_COST: CallEstimate = { input: { tokens: 0, dollars: 0 }, most: { tokens: 0, dollars: 0 } };

/** How long the chunks of a reply that has ended are kept for slow followers, in milliseconds. */
const KEEP_ENDED_MS = 30_000;

/** Time before a follower looks again for a reply that nobody runs, in milliseconds. */
const LOOK_AGAIN_MS = 250;

/** Longest time between two attempts to begin a reply that this node has taken over, in milliseconds. */
const MAX_RETRY_MS = 30_000;

/** Between two looks whether a reply that was begun when the node began to drain runs by now, in milliseconds. */
const STARTING_MS = 50;

export function createReplies(deps: RepliesDependencies): Replies {
  const { store, models, instance } = deps;
  const { adopt = () => Promise.resolve(null) } = deps;
  const runs = new Map<string, Run>();
  let active = 0;
  /** Replies of this node from being asked for, or taken over, to their run. */
  const starting = new Set<string>();
  /** Takeovers that a fault of the volume has kept from beginning, by session. */
  const retries = new Map<string, { attempts: number; isWaiting: boolean }>();
  const draining = new AbortController();
  const runOf = (reply: Reply) => runs.get(`${reply.id}.${reply.epoch}`) ?? null;
  const enter = createWatcherCount();
  const remote = createRemoteReplies({ ...deps, isOrphaned });

  /** Whether nobody runs it any more: not a dead node, not a draining one, and not this one if it has forgotten. */
  function isOrphaned(reply: Reply): boolean {
    if (reply.node === null) return true;
    if (reply.node === instance) return !runOf(reply) && !starting.has(reply.id);
    return deps.isDead(reply.node);
  }

  async function start(key: string, command: StartCommand, options: StartOptions = {}) {
    if (draining.signal.aborted)
      throw new ExpectedError("node_draining", "This server is about to stop. Try again.");
    const offered = (id: string) => models.offers.some((offer) => offer.id === id);
    if (options.modelId !== undefined && !offered(options.modelId)) {
      throw new ExpectedError("model_not_found", "That model is not on offer here. Choose another one.");
    }
    let lost: ExpectedError | null = null;
    const context = {
      now: deps.clock().toISOString(),
      modelId: options.modelId,
      settings: options.settings,
      modelFor: (session: Session | null) =>
        session && offered(session.settings.modelId) ? session.settings.modelId : models.defaultModelId,
      // Only what is new is refused: the repeat of a request joins its reply.
      checkFiles(modelId: string, question: Pick<UserMessage, "parts">) {
        if (lost) throw lost;
        const offer = models.offers.find(({ id }) => id === modelId);
        if (offer) checkSupported(offer, question);
      },
      reply: { id: deps.newId(), messageId: options.replyMessageId ?? deps.newId(), node: instance },
    };
    const commit = () =>
      store.update(key, (session) => {
        const started = startReply(session, command, context);
        if (started.outcome.kind === "started") {
          const { reply } = started.outcome;
          const cost = () => costOf(started.session!, reply);
          const bytes = addedBytes(session, started.session!);
          options.reservation?.acquire({ isNewSession: session === null, bytes, cost, replyId: reply.id });
        }
        return { session: started.session, result: started.outcome };
      });
    starting.add(context.reply.id);
    let begun: Run | null = null;
    try {
      lost = await missingFiles(key, command);
      const { record, result: outcome } = await commit().catch(async (error: unknown) => {
        if (!ExpectedError.isInstance(error) || error.code !== "reply_running") throw error;
        // Perhaps its runner is gone, and it has ended or is about to: then there is another one to name.
        const read = await readAndTakeOver(key);
        if (read?.session.reply) throw error;
        return commit();
      });
      const reply = record?.session.reply;
      if (reply?.id === context.reply.id) {
        run(key, record!, reply, [], options.reservation?.record);
        begun = runOf(reply);
      }
      return { record, outcome };
    } finally {
      if (begun) void begun.ended.then(() => options.reservation?.release());
      else options.reservation?.rollback();
      starting.delete(context.reply.id);
    }
  }

  /** Why a message cannot name its files; null where it can. */
  async function missingFiles(key: string, command: StartCommand): Promise<ExpectedError | null> {
    if (command.kind !== "send") return null;
    try {
      await deps.attachments.hold(key, attachmentParts(command.message.parts));
      return null;
    } catch (error) {
      if (ExpectedError.isInstance(error) && error.code !== "volume_unavailable") return error;
      throw error;
    }
  }

  function costOf(session: Session, reply: Reply, said = saidBefore(session, reply)): CallEstimate {
    const offer = models.offers.find(({ id }) => id === reply.modelId);
    // Taken from the offers since another node began the reply: the call will be refused, and costs nothing.
    if (!offer) return NO_COST;
    return estimateCall(replyCall(session, reply, said), offer);
  }

  function run(
    key: string,
    record: SessionRecord,
    reply: Reply,
    said: readonly ReplyChunk[],
    spent?: (spending: Spending) => void,
  ) {
    if (runOf(reply)) return;
    const id = `${reply.id}.${reply.epoch}`;
    const releaseKey = deps.keys.keep(key);
    const started = runReply(key, record, reply, said, { ...deps, spent });
    runs.set(id, started);
    active += 1;
    const unsubscribe = deps.events.subscribe(key, (news) => {
      if (news === null) started.stop("superseded");
      else started.checkOwnership();
    });
    if (reply.stopRequested) started.stop("stopped");
    void started.ended.then((settled) => {
      active -= 1;
      unsubscribe();
      // Whoever follows it now must look where it goes on.
      const afterwards = settled
        ? nameSession(key, record.session, { ...deps, spent, signal: draining.signal })
        : // It could not go on here as it was: it may be this node that takes it up again.
          readAndTakeOver(key).catch((error: unknown) => {
            deps.log.warn({ reply: reply.id, err: error }, "what became of a reply was not looked at");
          });
      if (!settled) runs.delete(id);
      removeJournalsLater(key, reply, () => {
        runs.delete(id);
        // Not before its words are forgotten, so that no look at the session that is still under way misses it.
        void afterwards.then(releaseKey);
      });
    });
  }

  function removeJournalsLater(key: string, reply: Reply, onForget = () => {}) {
    setTimeout(() => {
      onForget();
      void removeJournals(key).catch((error: unknown) => {
        deps.log.warn({ reply: reply.id, err: error }, "old journals were not removed");
      });
    }, KEEP_ENDED_MS).unref();
  }

  /** Removes the journals that no reply needs, those included that a dead process left behind. */
  async function removeJournals(key: string) {
    const folder = deps.layout.sessionFolder(key);
    // Listed before the session is read: a journal that is there by now belongs to a reply that this session
    // knows, or has known.
    const { journals } = readSessionFolder(await deps.volume.list(folder));
    const record = await store.header(key);
    if (!record) return;
    const needed = record.header.reply && `${record.header.reply.id}.`;
    for (const name of journals) {
      const recent = runs.has(name.replace(/\.ndjson$/, ""));
      if (!recent && !(needed && name.startsWith(needed))) await deps.volume.unlink(`${folder}/${name}`);
    }
  }

  async function readAndTakeOver(key: string): Promise<SessionRecord | null> {
    const record = await store.read(key);
    const reply = record?.session.reply;
    if (!record || !reply || draining.signal.aborted || !isOrphaned(reply)) return record;
    starting.add(reply.id);
    try {
      return await takeOverAndRun(key, record, reply);
    } catch (error) {
      if (ExpectedError.isInstance(error)) throw error;
      // A conversation can be read whatever is the matter with its reply.
      deps.log.error({ reply: reply.id, err: error }, "a reply could not be taken over");
      return record;
    } finally {
      starting.delete(reply.id);
    }
  }

  async function takeOverAndRun(key: string, record: SessionRecord, reply: Reply) {
    const taken = await takeOver(key, record, reply, { ...deps, adopt, costOf });
    if (taken.kind !== "unfinished") retries.delete(key);
    if (taken.kind === "ours") {
      run(key, taken.record, taken.reply, taken.said, taken.reservation?.record);
      void runOf(taken.reply)?.ended.then(() => taken.reservation?.release());
    }
    if (taken.kind === "settled") removeJournalsLater(key, reply);
    if (taken.kind === "unfinished") {
      takeOverLater(key);
      if (taken.error) throw taken.error;
    }
    return taken.record;
  }

  /** Other nodes leave the reply to this one: it is tried again, also where nobody asks for it. */
  function takeOverLater(key: string) {
    const { attempts = 0, isWaiting = false } = retries.get(key) ?? {};
    if (isWaiting) return;
    retries.set(key, { attempts: attempts + 1, isWaiting: true });
    const releaseKey = deps.keys.keep(key);
    const wait = Math.min(MAX_RETRY_MS, LOOK_AGAIN_MS * 2 ** attempts);
    void deps
      .delay(wait)
      .then(() => {
        retries.set(key, { attempts: attempts + 1, isWaiting: false });
        return readAndTakeOver(key);
      })
      .then(
        (record) => record?.session.reply || retries.delete(key),
        // Where the volume cannot be read at all, nothing has scheduled the next attempt yet.
        (error: unknown) => {
          deps.log.warn({ err: error }, "a reply that was taken over could not be begun");
          if (!draining.signal.aborted) takeOverLater(key);
        },
      )
      .finally(releaseKey);
  }

  async function stop(key: string, replyId?: string) {
    const { record } = await store.update(
      key,
      (session) => ({ session: session && requestStop(session, replyId), result: null }),
      { asked: "stop", fromReserve: true },
    );
    const reply = record?.session.reply;
    if (reply?.stopRequested) runOf(reply)?.stop("stopped");
  }

  async function drain(deadlineMs: number) {
    draining.abort();
    const ended = () => Promise.all([...runs.values()].map((run) => run.ended));
    await Promise.race([ended(), deps.delay(deadlineMs)]);
    // What was committed a moment ago is about to run, and to be handed over, too.
    for (let isLast = false; !isLast;) {
      isLast = starting.size === 0;
      for (const run of runs.values()) run.stop("handed over");
      await ended();
      if (!isLast) await deps.delay(STARTING_MS);
    }
  }

  return {
    start,
    read: readAndTakeOver,
    follow: (key, options) =>
      followSession(key, options, {
        read: readAndTakeOver,
        events: deps.events,
        keepKey: deps.keys.keep,
        enter,
        streamOf(key, rev, reply) {
          const own = runOf(reply);
          if (own) return { stream: own.stream, leave: () => {} };
          return draining.signal.aborted ? null : remote.follow(key, rev, reply);
        },
        draining: draining.signal,
        attend: deps.attend,
        journal: (reply) =>
          readJournalOf(key, reply, deps).catch((error: unknown) => {
            // The session has all of it.
            if (isNewerFormat(error)) return [];
            throw error;
          }),
        pause: () => deps.delay(LOOK_AGAIN_MS),
      }),
    stop,
    active: () => active,
    drain,
  };
}
