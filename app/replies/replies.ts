import { ExpectedError } from "~/conversation/expected-error";
import type { Cursor } from "~/conversation/cursor";
import { applyChunk, EMPTY_REPLY, settledParts } from "~/conversation/reply-text";
import type { Reply, Session } from "~/conversation/session";
import { requestStop, settleReply } from "~/conversation/settle-reply";
import { startReply, type StartCommand, type StartOutcome } from "~/conversation/start-reply";
import { readSessionFolder } from "~/store/layout";
import type { SessionEvents } from "~/store/session-events";
import type { SessionRecord } from "~/store/session-store";
import { followSession, type FollowEvent } from "./follow-session";
import { readJournal } from "./journal";
import { runReply, saidBefore, type Run, type RunnerDependencies } from "./run-reply";

export type RepliesDependencies = RunnerDependencies & {
  events: SessionEvents;
  /** This node and boot, as it stands in a session's reply. */
  instance: string;
  /** Whether the node and boot that runs a reply is known to be gone for good. */
  isDead: (instance: string) => boolean;
  newId: () => string;
};

export type StartOptions = {
  modelId?: string | undefined;
  /** The id of the assistant message to be, where the client made one: a repeat of it joins. */
  replyMessageId?: string | undefined;
};

/** Everything that the application does with replies on this node. */
export type Replies = {
  /**
   * Commits what was asked for, then runs the reply. Once it resolves the person's message is durable.
   * @throws ExpectedError `model_not_found`, `node_draining`, and what `startReply` and the store throw
   */
  start(
    key: string,
    command: StartCommand,
    options?: StartOptions,
  ): Promise<{ rev: number; outcome: StartOutcome }>;
  /** The session as it is, after a reply whose runner has died was settled with what it had said. */
  read(key: string): Promise<SessionRecord | null>;
  /**
   * A reply's stream from a cursor on, and with `watch` all that comes after it. Null where no reply runs.
   * @throws ExpectedError `session_not_found`
   */
  follow(
    key: string,
    options: { cursor: Cursor | null; watch: boolean; signal: AbortSignal },
  ): Promise<AsyncGenerator<FollowEvent> | null>;
  /** Asks for the end of the running reply; nothing where none runs. */
  stop(key: string): Promise<void>;
  /** Takes no new replies, waits for the running ones at most so long (ms), then keeps what they have said. */
  drain(deadlineMs: number): Promise<void>;
};

/** How long the chunks of a reply that has ended are kept for slow followers, in milliseconds. */
const KEEP_ENDED_MS = 30_000;

export function createReplies(deps: RepliesDependencies): Replies {
  const { store, models, instance } = deps;
  const runs = new Map<string, Run>();
  const draining = new AbortController();

  async function start(key: string, command: StartCommand, options: StartOptions = {}) {
    if (draining.signal.aborted)
      throw new ExpectedError("node_draining", "This server is about to stop. Try again.");
    const offered = (id: string) => models.offers.some((offer) => offer.id === id);
    if (options.modelId !== undefined && !offered(options.modelId)) {
      throw new ExpectedError("model_not_found", "That model is not on offer here. Choose another one.");
    }
    const context = {
      now: deps.clock().toISOString(),
      modelId: options.modelId,
      modelFor: (session: Session | null) =>
        session && offered(session.settings.modelId) ? session.settings.modelId : models.defaultModelId,
      reply: { id: deps.newId(), messageId: options.replyMessageId ?? deps.newId(), node: instance },
    };
    const commit = () =>
      store.update(key, (session) => {
        const started = startReply(session, command, context);
        return { session: started.session, result: started.outcome };
      });
    const { record, result: outcome } = await commit().catch(async (error: unknown) => {
      if (!ExpectedError.isInstance(error) || error.code !== "reply_running") throw error;
      // Perhaps its runner is dead, and the reply stands there only because nobody has looked since.
      const read = await readAndRecover(key);
      if (read?.session.reply) throw error;
      return commit();
    });
    if (record?.session.reply) ensureRunning(key, record.session, record.session.reply);
    return { rev: record?.rev ?? 0, outcome };
  }

  /** Starts the run of a reply that is this node's, unless it runs already. */
  function ensureRunning(key: string, session: Session, reply: Reply) {
    if (reply.node !== instance || runs.has(reply.id)) return;
    const run = runReply(key, session, reply, deps);
    runs.set(reply.id, run);
    const unsubscribe = deps.events.subscribe(key, (rev) => {
      if (rev === null) run.stop("superseded");
    });
    if (reply.stopRequested) run.stop("stopped");
    void run.ended.then(() => {
      unsubscribe();
      setTimeout(() => {
        runs.delete(reply.id);
        void removeJournals(key).catch((error: unknown) => {
          deps.log.warn({ reply: reply.id, err: error }, "old journals were not removed");
        });
      }, KEEP_ENDED_MS).unref();
    });
  }

  /** Removes the journals that no reply needs, those included that a dead process left behind. */
  async function removeJournals(key: string) {
    const record = await store.read(key);
    const folder = deps.layout.sessionFolder(key);
    if (!record) return;
    const needed = record.session.reply && `${record.session.reply.id}.`;
    const { journals } = readSessionFolder(await deps.volume.list(folder));
    for (const name of journals) {
      const recent = runs.has(name.split(".")[0]!);
      if (!recent && !(needed && name.startsWith(needed))) await deps.volume.unlink(`${folder}/${name}`);
    }
  }

  async function readAndRecover(key: string): Promise<SessionRecord | null> {
    const record = await store.read(key);
    const reply = record?.session.reply;
    if (!record || !reply?.node || !deps.isDead(reply.node)) return record;
    const said = await readJournal(deps.volume, deps.layout.journal(key, reply.id, reply.epoch));
    const text = (said.length > 0 ? said : saidBefore(record.session, reply)).reduce(applyChunk, EMPTY_REPLY);
    const settled = await store.update(key, (session) => ({
      session:
        session &&
        settleReply(session, {
          replyId: reply.id,
          epoch: reply.epoch,
          status: "interrupted",
          parts: settledParts(text),
          node: deps.node.name,
          finishedAt: deps.clock().toISOString(),
        }),
      result: null,
    }));
    deps.log.warn({ reply: reply.id, runner: reply.node }, "settled the reply of a node that is gone");
    return settled.record;
  }

  async function stop(key: string) {
    const { record } = await store.update(key, (session) => ({
      session: session && requestStop(session),
      result: null,
    }));
    const reply = record?.session.reply;
    if (reply) runs.get(reply.id)?.stop("stopped");
  }

  async function drain(deadlineMs: number) {
    draining.abort();
    const ended = () => Promise.all([...runs.values()].map((run) => run.ended));
    await Promise.race([ended(), deps.delay(deadlineMs)]);
    for (const run of runs.values()) run.stop("interrupted");
    await ended();
  }

  return {
    start,
    read: readAndRecover,
    follow: (key, options) =>
      followSession(key, options, {
        read: readAndRecover,
        events: deps.events,
        streamOf: (reply) => runs.get(reply.id)?.stream ?? null,
        draining: draining.signal,
      }),
    stop,
    drain,
  };
}
