import { attachmentParts } from "~/conversation/files/attachment";
import type { SettingsEdit } from "~/conversation/session/edit-session";
import type { CallEstimate } from "~/conversation/estimate-call";
import { ExpectedError } from "~/conversation/expected-error";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { Spending } from "~/conversation/reply/reply-cost";
import { asQuestion } from "~/conversation/queue/message-queue";
import type { QueuedMessage, Reply, Session, UserMessage } from "~/conversation/session/session";
import { addedBytes } from "~/conversation/session/session-size";
import {
  startReply,
  type StartCommand,
  type StartContext,
  type StartOutcome,
} from "~/conversation/reply/start-reply";
import { checkSupported } from "~/conversation/files/supported-attachments";
import { failedSentence, onVolume } from "~/store/volume/volume-failure";
import type { SessionRecord } from "~/store/sessions/session-store";
import type { LogEntry } from "./log/log-entry";
import type { RunnerDependencies } from "./run-context";
import type { Run } from "./run-reply";
import type { RunningReplies } from "./running-replies";
import { isPassing } from "./store-settlement";

export type StartOptions = {
  modelId?: string | undefined;
  /** Settings that the person has changed, for this reply and later ones. */
  settings?: Omit<SettingsEdit, "modelId"> | undefined;
  /** Id of the future assistant message, made by the client: a repeated request with the same id joins its reply. */
  replyMessageId?: string | undefined;
  /** Taken when a reply begins; a request that joins one takes none. */
  reservation?: ReplyReservation | undefined;
};

/** Part of the quotas that is held for one reply. */
export type ReplyReservation = {
  /**
   * Called when a reply is about to be committed, and again with each retry of the commit. Throws to refuse it.
   * `bytes` is what the message adds to the stored session. `phase`: the message only waits, so that it counts, and its
   * reply does not yet; or it has waited, so that its reply counts alone.
   */
  acquire(start: {
    isNewSession: boolean;
    bytes?: number;
    cost: () => CallEstimate;
    replyId: string;
    phase?: "queued" | "resumed";
  }): void;
  /** Reserves the next request to the model, in place of the one before. Throws to refuse it. */
  renew(cost: () => CallEstimate): void;
  /** Called with what the reply, and then its title, spends on this node. */
  record(spending: Spending): void;
  /** Called when no reply has begun. */
  rollback(): void;
  /** Called when the reply has ended on this node. */
  release(): void;
};

/** Whether the last commit of a question on this node has succeeded. Shared by all calls of `beginReply`. */
export type QuestionCommits = { areSucceeding: boolean };

export type BeginReplyDependencies = Pick<
  RunnerDependencies,
  "store" | "models" | "tools" | "attachments" | "instance" | "clock" | "replyLog"
> & {
  newId: () => string;
  running: RunningReplies;
  commits: QuestionCommits;
  /** Reads a session, and takes over its reply if that is orphaned. */
  read: (sessionHash: string) => Promise<SessionRecord | null>;
  /** Goes on with the reply of a session, if it has one that no node runs. Never rejects. */
  resume: (sessionHash: string) => Promise<void>;
  costOf: (session: Session, reply: Reply, said?: ReplyChunk[]) => CallEstimate;
};

/**
 * Commits a message with its reply, then runs the reply. See `Replies.start`.
 * @throws ExpectedError `model_not_found`, `attachment_not_found`, `attachment_not_supported`, and what `startReply`
 * and the store throw
 */
export async function beginReply(
  sessionHash: string,
  command: StartCommand,
  options: StartOptions,
  deps: BeginReplyDependencies,
): Promise<{ record: SessionRecord | null; outcome: StartOutcome }> {
  const { running } = deps;
  const { reservation } = options;
  // Another node may have read it from the model server meanwhile.
  await deps.models.refresh?.(options.modelId);
  if (options.modelId !== undefined && !isOffered(options.modelId, deps)) {
    throw new ExpectedError("model_not_found", "This model is not available here. Choose another one.");
  }
  const reply = { id: deps.newId(), messageId: options.replyMessageId ?? deps.newId(), node: deps.instance };
  const now = deps.clock().toISOString();
  const early = createEarlyRun(sessionHash, reservation, deps);
  let begun: Run | null = null;
  let isQueued = false;
  running.reserve(reply.id);
  try {
    const lost = await missingFiles(sessionHash, command, deps);
    const context = {
      ...startContext(lost, deps),
      modelId: options.modelId,
      settings: options.settings,
      now,
      reply,
    };
    await onVolume(deps.replyLog.ready, "written", failedSentence("send"));
    const commit = () =>
      commitReply(sessionHash, command, context, { ...options, onStart: early.begin }, deps);
    const { record, result: outcome } = await commit().catch(async (error: unknown) => {
      if (!ExpectedError.isInstance(error) || error.code !== "reply_running") throw error;
      // The running reply may be orphaned: once it is taken over and settled, a new one may begin.
      const read = await deps.read(sessionHash);
      if (read?.session.reply) throw error;
      return commit();
    });
    const committed = record?.session.reply;
    // Where the answer to the commit was lost, others may have taken over, or stopped, what they found in the session.
    if (committed?.id === reply.id && committed.node === deps.instance) {
      begun = await early.confirm(record!);
      if (committed.stopRequested) begun.stop("stopped");
    }
    isQueued = outcome.kind === "queued" && outcome.isNew;
    // The reply that it waits for may have lost its runner.
    if (isQueued) await deps.resume(sessionHash);
    return { record, outcome };
  } catch (error) {
    if (early.isBegun() && isPassing(error)) {
      deps.commits.areSucceeding = false;
      // The commit may have been made all the same, and other nodes would leave its reply to this one.
      void deps.resume(sessionHash);
    }
    throw error;
  } finally {
    if (begun) void begun.ended.then(() => reservation?.release());
    else {
      early.cancel();
      if (isQueued) reservation?.release();
      else reservation?.rollback();
    }
    running.release(reply.id);
  }
}

/**
 * The run of a reply that is being committed: its model is asked meanwhile, which hides the time of the commit behind the
 * model's own. The last attempt to commit counts; those before it, which another writer has overtaken, are cancelled.
 */
function createEarlyRun(
  sessionHash: string,
  reservation: ReplyReservation | undefined,
  { running, replyLog, commits }: Pick<BeginReplyDependencies, "running" | "replyLog" | "commits">,
) {
  type Started = { run: Run; entry: LogEntry };
  let current: {
    commit: PromiseWithResolvers<SessionRecord>;
    start: () => Started;
    started: Started | null;
  } | null = null;

  function cancel() {
    if (!current) return;
    if (current.started) running.forget(current.started.run);
    current.commit.promise.catch(() => undefined);
    current.commit.reject(new Error("the question was not committed"));
    current = null;
  }

  return {
    isBegun: () => current !== null,
    begin(session: Session, reply: Reply) {
      cancel();
      const commit = Promise.withResolvers<SessionRecord>();
      const start = () => {
        const entry = replyLog.begin({ sessionHash, replyId: reply.id, epoch: reply.epoch });
        const options = { said: [], entry, committed: commit.promise, reservation: reservation ?? null };
        return { run: running.run(sessionHash, session, reply, options), entry };
      };
      // While commits fail, each early call would be paid for and thrown away.
      current = { commit, start, started: commits.areSucceeding ? start() : null };
    },
    cancel,
    /** The question is durable. Resolves when another node would find the reply without a request for its session. */
    async confirm(record: SessionRecord): Promise<Run> {
      const { commit, start, started } = current!;
      const { run, entry } = started ?? start();
      commits.areSucceeding = true;
      commit.resolve(record);
      await entry.begun;
      return run;
    },
  };
}

/** @param lost why the files of the message are not there; null where they are */
export function startContext(
  lost: ExpectedError | null,
  deps: Pick<BeginReplyDependencies, "models" | "tools">,
): Omit<StartContext, "now" | "reply" | "modelId" | "settings"> {
  const { models, tools } = deps;
  if (models.offers.length === 0) {
    throw new ExpectedError("model_unavailable", models.notice?.message ?? "There is no model yet.");
  }
  return {
    modelFor: (session) =>
      session && isOffered(session.settings.modelId, deps) ? session.settings.modelId : models.defaultModelId,
    mayCallTools: (settings, modelId) =>
      tools.isOn(settings) && models.offers.find(({ id }) => id === modelId)?.takesTools !== false,
    // Called for a new message only: a repeated request joins its reply without this check.
    checkFiles(modelId: string, question: Pick<UserMessage, "parts">) {
      if (lost) throw lost;
      const offer = models.offers.find(({ id }) => id === modelId);
      if (offer) checkSupported(offer, question);
    },
  };
}

function commitReply(
  sessionHash: string,
  command: StartCommand,
  context: StartContext,
  { reservation, onStart }: StartOptions & { onStart: (session: Session, reply: Reply) => void },
  { store, costOf }: Pick<BeginReplyDependencies, "store" | "costOf">,
) {
  return store.update(sessionHash, (session) => {
    const started = startReply(session, command, context);
    if (started.outcome.kind === "started") {
      const { reply } = started.outcome;
      const cost = () => costOf(started.session!, reply);
      const bytes = addedBytes(session, started.session!);
      reservation?.acquire({ isNewSession: session === null, bytes, cost, replyId: reply.id });
      onStart(started.session!, reply);
    }
    if (started.outcome.kind === "queued" && started.outcome.isNew) {
      const { item } = started.outcome;
      const cost = () => costOf(...asIfSent(started.session!, item, context.now));
      const bytes = addedBytes(session, started.session!);
      reservation?.acquire({ isNewSession: false, bytes, cost, replyId: item.replyId, phase: "queued" });
    }
    return { session: started.session, result: started.outcome };
  });
}

/** The session, and the reply, as if a waiting message were sent now: for the estimate of its cost. */
function asIfSent(session: Session, item: QueuedMessage, now: string): [Session, Reply] {
  const question = { ...asQuestion(item, now), parentId: session.head };
  const modelId = item.modelId ?? session.settings.modelId;
  const reply = { ...session.reply!, parentId: item.id, continues: null, modelId };
  return [{ ...session, partial: undefined, messages: [...session.messages, question] }, reply];
}

/** Holds the files of a new message. @returns why it cannot name them; null where it can */
async function missingFiles(
  sessionHash: string,
  command: StartCommand,
  { attachments }: Pick<BeginReplyDependencies, "attachments">,
): Promise<ExpectedError | null> {
  if (command.kind !== "send") return null;
  try {
    await attachments.hold(sessionHash, attachmentParts(command.message.parts));
    return null;
  } catch (error) {
    if (ExpectedError.isInstance(error) && error.code !== "volume_unavailable") return error;
    throw error;
  }
}

function isOffered(modelId: string, { models }: Pick<BeginReplyDependencies, "models">): boolean {
  return models.offers.some((offer) => offer.id === modelId);
}
