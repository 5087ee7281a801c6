import { answerEnding } from "~/conversation/answer-ending";
import { ExpectedError } from "~/conversation/expected-error";
import type { LanguageModels } from "~/conversation/language-model";
import { answerTooLong } from "~/conversation/answer-bound";
import { lastChunk, withoutEnding } from "~/conversation/catch-up";
import { messageChunks } from "~/conversation/message-chunks";
import type { Omission } from "~/conversation/omissions";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Spending } from "~/conversation/reply-cost";
import {
  answerParts,
  applyChunk,
  EMPTY_REPLY,
  settledParts,
  type ReplyText,
} from "~/conversation/reply-text";
import type { AssistantMessage, Reply, ReplyStatus, Session } from "~/conversation/session";
import { sessionFingerprint } from "~/conversation/session-id";
import { handOverReply } from "~/conversation/take-over-reply";
import type { AttachmentStore } from "~/store/attachments/attachment-store";
import { journalName, temporaryName, type Layout } from "~/store/sessions/layout";
import { isNewerFormat } from "~/store/newer-format";
import type { Encryptor } from "~/store/encryption/encryptor";
import type { Change, SessionRecord, SessionStore } from "~/store/sessions/session-store";
import { errorCode, type Volume } from "~/store/volume/volume";
import { onVolume } from "~/store/volume/volume-failure";
import { journalLines } from "./journal-lines";
import { readJournalOf } from "./journal-reader";
import {
  createJournalLog,
  createJournalLogFrom,
  createJournalWriter,
  openingLog,
  type JournalWriter,
} from "./journal-writer";
import { readIfNewer } from "./read-if-newer";
import { relayAnswer, type Finish } from "./relay-answer";
import { replyCall } from "./reply-call";
import { createOwnershipGuard } from "./reply-guard";
import { createReplyMeter, reportSettled, type ReplyMetrics } from "./reply-meter";
import { createReplyStream, type ReplyStream } from "./reply-stream";
import { isPassing, storeSettlement, type StoredSettlement } from "./store-settlement";

export type RunnerDependencies = {
  store: SessionStore;
  volume: Volume;
  layout: Layout;
  attachments: Pick<AttachmentStore, "read" | "hold">;
  /** Opens and seals journals. */
  encryptor: Encryptor;
  models: LanguageModels;
  node: { name: string };
  /** This node and boot, in the names of temporary files. */
  instance: string;
  flushMs: () => number;
  clock: () => Date;
  /** Resolves after so many milliseconds. */
  delay: (ms: number) => Promise<unknown>;
  log: RunnerLog;
  metrics: ReplyMetrics;
};

export type RunnerLog = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** Why a run ends before the model has said all. */
export type StopReason = "stopped" | "handed over" | "superseded";

/**
 * A later reason replaces one of less precedence: a person may stop a reply that could not be handed over yet, and a
 * reply that another node runs is not this one's to store, whatever it was about to do.
 */
const PRECEDENCE: Readonly<Record<StopReason, number>> = { "handed over": 0, stopped: 1, superseded: 2 };

/** A reply that runs on this node, or has just ended here. */
export type Run = {
  reply: Reply;
  stream: ReplyStream;
  /** Ends it: kept as `stopped`, left to another node, or without a word when another has taken its place. */
  stop(reason: StopReason): void;
  /** Looks at once whether the session still wants it, instead of at the next turn. */
  checkOwnership(): void;
  /** Resolves at its end with whether it has settled, and its followers know it. Never rejects. */
  ended: Promise<boolean>;
};

/** Longest time between two looks at the session, in milliseconds. */
const LOOK_EVERY_MS = 250;

/**
 * Runs a reply to its end, detached from whoever asked for it: model, journal, followers, settlement.
 * Each chunk is in the journal, and this node still in charge, before any follower is sent it (invariants 6, 8).
 * `said` is what earlier runners of the reply have said; empty for a first one. `spent` is told what this one costs.
 */
export function runReply(
  key: string,
  record: SessionRecord,
  reply: Reply,
  said: readonly ReplyChunk[],
  deps: RunnerDependencies & { spent?: ((spending: Spending) => void) | undefined },
): Run {
  const { session } = record;
  const stream = createReplyStream();
  const abort = new AbortController();
  const guard = createOwnershipGuard(reply, record.rev, (rev) => readIfNewer(deps, key, rev));
  const meter = createReplyMeter(key, reply);
  const name = journalName(reply.id, reply.epoch);
  const lines = journalLines(deps.encryptor, key, name);
  const about = {
    reply: reply.id,
    session: sessionFingerprint(key),
    epoch: reply.epoch,
    model: reply.modelId,
  };
  let stopReason: StopReason | null = null;
  /** Ends the wait for the next attempt to store how the reply ended. */
  let onNewReason = () => {};
  /** What followers may have seen: never less than what earlier runners have said, whose journals hold it. */
  let text: ReplyText = said.reduce(applyChunk, EMPTY_REPLY);
  let lookedAt = -Infinity;
  /** Not in the journal: a node that takes over asks the model anew, and learns them itself. */
  let omissions: Omission[] = [];
  /** The journal, once an append to it has failed: nobody knows what it holds. */
  let unclear: JournalWriter | null = null;

  function stop(reason: StopReason) {
    if (stopReason && PRECEDENCE[reason] <= PRECEDENCE[stopReason]) return;
    stopReason = reason;
    abort.abort(new Error(`the reply was ${reason}`));
    onNewReason();
  }

  async function look() {
    lookedAt = performance.now();
    // Where a newer version has changed the session, this node cannot tell whether the reply is still its own.
    const ownership = await guard.check().catch((error: unknown) => {
      if (isNewerFormat(error)) return "superseded" as const;
      throw error;
    });
    if (ownership === "superseded") stop("superseded");
    else if (ownership === "stop requested") stop("stopped");
  }

  async function durable(chunks: readonly ReplyChunk[]) {
    // After the append: had another node taken over before, it would have read the journal without these.
    await look();
    if (stopReason === "superseded") return;
    text = chunks.reduce(applyChunk, text);
    publish(chunks);
  }

  function publish(chunks: readonly ReplyChunk[]) {
    stream.publish(withoutEnding(chunks));
  }

  /** While the model is silent nothing is appended, but a stop or a successor must be noticed all the same. */
  async function keepLooking() {
    while (!abort.signal.aborted && !over) {
      await deps.delay(LOOK_EVERY_MS);
      if (over || performance.now() - lookedAt < LOOK_EVERY_MS) continue;
      await look().catch((error: unknown) =>
        deps.log.warn({ ...about, err: error }, "the session was not looked at"),
      );
    }
  }

  let over = false;
  async function run() {
    void keepLooking();
    const outcome = await generate();
    over = true;
    const settled = outcome !== null && (await settle(outcome));
    stream.end();
    return settled;
  }

  type Outcome = {
    status: ReplyStatus;
    metadata?: Finish["messageMetadata"] | undefined;
    error?: { code: string; message: string } | undefined;
    /** A stop has ended it, and the reason for that may still change. */
    isCut?: boolean;
  };

  /** Null where the reply is not this node's to settle. */
  async function generate(): Promise<Outcome | null> {
    let journal: JournalWriter | null = null;
    let isBegun = said.length === 0;
    let journalError: Error | null = null;
    let outcome: Outcome | null;
    try {
      const before = said.length > 0 ? said : saidBefore(session, reply);
      journal = createJournalWriter({
        // The model is asked meanwhile. But what is told again must be in the journal before.
        log: said.length > 0 ? await openJournal(before) : openingLog(openJournal(before)),
        lines,
        linesBefore: said.length,
        flushMs: deps.flushMs,
        onDurable: durable,
        onFailure: (error) => {
          journalError = error as Error;
          abort.abort(error);
        },
      });
      if (said.length > 0) {
        await look();
        if (stopReason !== "superseded") publish(said);
        isBegun = true;
      } else for (const chunk of before) journal.write(chunk);
      const finish = await relay(journal, before);
      await journal.flush();
      if (journalError) throw journalError as Error;
      outcome = stopReason ? cut(stopReason) : ended(finish);
    } catch (error) {
      await journal?.flush();
      const ofJournal = journalError ?? (isBegun ? null : error);
      if (ofJournal && errorCode(ofJournal) === "EEXIST") {
        deps.log.warn(about, "the reply has been run before; left alone");
        outcome = null;
      } else if (journalError || !isBegun) {
        deps.log.warn({ ...about, err: journalError ?? error }, "the journal could not be written");
        // One that was not begun holds nothing but what the one before does.
        if (journalError) unclear = journal;
        // Whoever follows it goes on from what the journal holds; unless a person has stopped it.
        stop("handed over");
        outcome = cut(stopReason!);
      } else outcome = stopReason ? cut(stopReason) : failed(error);
    }
    await journal?.close().catch((error: unknown) => {
      deps.log.warn({ ...about, err: error }, "the journal could not be closed");
    });
    return outcome;
  }

  /** What is in the journal may have been seen by those who read it, whatever its writer was told. */
  async function reread(journal: JournalWriter) {
    // Resolves once no append is under way any more.
    await journal.close();
    const chunks = await onVolume(
      () => readJournalOf(key, reply, deps),
      "read",
      "The answer is not stored yet.",
    );
    if (chunks.length > 0) text = chunks.reduce(applyChunk, EMPTY_REPLY);
  }

  function openJournal(before: readonly ReplyChunk[]) {
    const path = deps.layout.journal(key, reply.id, reply.epoch);
    if (said.length === 0) return createJournalLog(deps.volume, path);
    const temporary = path.replace(name, temporaryName(`${reply.id}-${reply.epoch}`, deps.instance));
    return createJournalLogFrom(deps.volume, path, temporary, before, lines);
  }

  /** Passes the model's chunks to the journal. @returns the finish chunk, which is in it too, if there is room */
  async function relay(journal: JournalWriter, before: readonly ReplyChunk[]) {
    const finish = before.find((chunk) => chunk.type === "finish");
    // The runner before had all of it, and died before it could settle.
    if (finish) return finish;
    const answer = deps.models.generate({
      ...replyCall(session, reply, before),
      attachment: async (id) => (await deps.attachments.read(key, id))?.bytes ?? null,
      signal: abort.signal,
      onRetry: meter.retry,
      onOmissions: (told) => (omissions = [...told]),
      onSpending: deps.spent,
    });
    const { signal } = abort;
    const { delay } = deps;
    return relayAnswer(answer, { before, signal, delay, onToken: meter.token, onChunk: journal.write });
  }

  function ended(finish: Finish | "too long"): Outcome {
    if (finish !== "too long") {
      return { ...answerEnding(finish, settledParts(text)), metadata: finish.messageMetadata };
    }
    const { code, message } = answerTooLong();
    abort.abort(new Error(message));
    deps.log.warn({ ...about, code }, "the model was stopped: its answer is too long");
    return { status: "interrupted", error: { code, message } };
  }

  function cut(reason: StopReason): Outcome {
    return { status: reason === "stopped" ? "stopped" : "interrupted", isCut: true };
  }

  function failed(error: unknown): Outcome {
    const { code, message } = toPersonsError(error);
    deps.log[code === "internal_error" ? "error" : "warn"](
      { ...about, code, err: error },
      "the reply failed",
    );
    return {
      // Another runner had begun it well: what could not be done is to go on.
      status: reply.epoch > 1 ? "interrupted" : "failed",
      error: { code, message },
    };
  }

  async function settle(outcome: Outcome) {
    const message = await store(outcome);
    if (stopReason === "handed over" || stopReason === "superseded") {
      deps.log.info(about, `the reply was ${stopReason}`);
      return false;
    }
    if (!message) return false;
    // After the commit, so that whoever is told that the reply has ended finds it in the session.
    stream.publish([lastChunk(message)]);
    const stored = message.metadata;
    reportSettled(meter.report({ status: stored.status, usage: stored.usage, error: stored.error }), deps);
    return true;
  }

  /**
   * A volume that is away is waited for, since the words are still here; superseded, there is nothing to store.
   * @returns the message that the reply has become; null where it has not
   */
  async function store(outcome: Outcome): Promise<AssistantMessage | null> {
    for (let attempt = 0; stopReason !== "superseded"; attempt++) {
      try {
        const { record, isStored } = await commit(outcome);
        // The volume was away, and another has taken its place meanwhile.
        if (!isStored) stop("superseded");
        return (isStored && settledMessage(record?.session)) || null;
      } catch (error) {
        const passing = isPassing(error);
        deps.log[passing ? "warn" : "error"]({ ...about, attempt, err: error }, "the reply was not stored");
        if (!passing) return null;
        const newReason = new Promise<void>((resolve) => (onNewReason = resolve));
        await Promise.race([deps.delay(Math.min(10_000, 250 * 2 ** attempt)), newReason]);
      }
    }
    return null;
  }

  async function commit({ status, metadata, error, isCut }: Outcome): Promise<StoredSettlement> {
    if (stopReason === "handed over") {
      const handOver: Change<boolean> = (now) => {
        const changed = now && handOverReply(now, reply);
        return { session: changed, result: changed !== now };
      };
      const { record, result } = await deps.store.update(key, handOver, { asked: "reply" });
      return { record, isStored: result };
    }
    if (unclear) await reread(unclear);
    const settlement = {
      replyId: reply.id,
      epoch: reply.epoch,
      status: isCut && stopReason === "stopped" ? "stopped" : status,
      parts: settledParts(text),
      node: deps.node.name,
      finishedAt: deps.clock().toISOString(),
      ...meter.timeToFirstToken(),
      ...metadata,
      omissions,
      ...(error && { error }),
    };
    return storeSettlement(deps.store, key, settlement, {
      fromReserve: stopReason === "stopped",
      onRefused: (refusal) =>
        deps.log.error({ ...about, err: refusal }, "an answer was refused, and is kept without its words"),
    });
  }

  function settledMessage(now: Session | undefined): AssistantMessage | null {
    const message = now?.messages.find(({ id }) => id === reply.messageId);
    return message?.role === "assistant" ? message : null;
  }

  return {
    reply,
    stream,
    stop,
    checkOwnership() {
      if (!over) void look().catch(() => undefined);
    },
    ended: run(),
  };
}

/** What a reply begins with: its start, and the words of the message that it continues. */
export function saidBefore(session: Session, reply: Reply): ReplyChunk[] {
  const continued = session.messages.find((message) => message.id === reply.continues);
  return messageChunks(reply.messageId, answerParts(continued) ?? [], { leaveOpen: true });
}

function toPersonsError(error: unknown): Pick<ExpectedError, "code" | "message"> {
  if (ExpectedError.isInstance(error)) return error;
  const code = errorCode(error);
  if (code && /^E[A-Z0-9]+$/.test(code)) {
    return {
      code: "volume_unavailable",
      message: "The storage for conversations has a fault: the answer was cut.",
    };
  }
  return { code: "internal_error", message: "Something went wrong on our side. Try again." };
}
