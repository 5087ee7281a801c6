import { branchTo } from "~/conversation/branch";
import { ExpectedError } from "~/conversation/expected-error";
import type { LanguageModels } from "~/conversation/language-model";
import { messageChunks } from "~/conversation/message-chunks";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import { applyChunk, EMPTY_REPLY, plainText, settledParts, type ReplyText } from "~/conversation/reply-text";
import type { Reply, ReplyStatus, Session, Usage } from "~/conversation/session";
import { settleReply, type Settlement } from "~/conversation/settle-reply";
import type { Layout } from "~/store/layout";
import type { SessionStore } from "~/store/session-store";
import { errorCode, type Volume } from "~/store/volume";
import { createSplice } from "./continuation";
import { createJournalLog, createJournalWriter, type JournalWriter } from "./journal";
import { createReplyStream, type ReplyStream } from "./reply-stream";

export type RunnerDependencies = {
  store: SessionStore;
  volume: Volume;
  layout: Layout;
  models: LanguageModels;
  node: { name: string };
  flushMs: number;
  clock: () => Date;
  /** Resolves after so many milliseconds. */
  delay: (ms: number) => Promise<unknown>;
  log: RunnerLog;
};

export type RunnerLog = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** Why a run ends before the model has said all. */
export type StopReason = "stopped" | "interrupted" | "superseded";

/** A reply that runs on this node, or has just ended here. */
export type Run = {
  reply: Reply;
  stream: ReplyStream;
  /** Ends it: kept as `stopped` or `interrupted`, or without a word when another has taken its place. */
  stop(reason: StopReason): void;
  /** Resolves when it has settled and its followers have been told. Never rejects. */
  ended: Promise<void>;
};

/**
 * Runs a reply to its end, detached from whoever asked for it: model, journal, followers, settlement.
 * Each chunk is in the journal before any follower is sent it (invariant 8).
 */
export function runReply(key: string, session: Session, reply: Reply, deps: RunnerDependencies): Run {
  const stream = createReplyStream();
  const abort = new AbortController();
  let stopReason: StopReason | null = null;
  let text: ReplyText = EMPTY_REPLY;

  function stop(reason: StopReason) {
    if (stopReason) return;
    stopReason = reason;
    abort.abort(new Error(`the reply was ${reason}`));
  }

  function durable(chunks: readonly ReplyChunk[]) {
    text = chunks.reduce(applyChunk, text);
    stream.publish(chunks);
  }

  async function run() {
    const outcome = await generate();
    if (outcome) await settle(outcome);
    await outcome?.journal?.close().catch((error: unknown) => {
      deps.log.warn({ reply: reply.id, err: error }, "the journal could not be closed");
    });
    stream.end();
  }

  type Outcome = {
    status: ReplyStatus;
    usage?: Usage | undefined;
    error?: { code: string; message: string };
    last: ReplyChunk;
    journal: JournalWriter | null;
  };

  /** Null where the reply is not this node's to settle. */
  async function generate(): Promise<Outcome | null> {
    let journal: JournalWriter | null = null;
    let journalError: Error | null = null;
    try {
      const log = await createJournalLog(deps.volume, deps.layout.journal(key, reply.id, reply.epoch));
      journal = createJournalWriter({
        log,
        flushMs: deps.flushMs,
        durable,
        failed: (error) => {
          journalError = error as Error;
          abort.abort(error);
        },
      });
      const said = saidBefore(session, reply);
      for (const chunk of said) journal.write(chunk);
      const finish = await relay(journal, said);
      await journal.flush();
      if (journalError) throw journalError as Error;
      if (stopReason) return cut(stopReason, journal);
      return { status: "complete", usage: finish.messageMetadata?.usage, last: finish, journal };
    } catch (error) {
      await journal?.flush();
      if (errorCode(error) === "EEXIST" && !journal) {
        deps.log.warn({ reply: reply.id, epoch: reply.epoch }, "the reply has been run before; left alone");
        return null;
      }
      if (stopReason && !journalError) return cut(stopReason, journal);
      return failed(journalError ?? error, journal);
    }
  }

  /** Passes the model's chunks to the journal. @returns the finish chunk */
  async function relay(journal: JournalWriter, said: readonly ReplyChunk[]) {
    let finish: Extract<ReplyChunk, { type: "finish" }> = { type: "finish" };
    const splice = createSplice(said);
    const before = said.reduce(applyChunk, EMPTY_REPLY);
    const chunks = deps.models.generate({
      modelId: reply.modelId,
      instructions: session.settings.instructions,
      messages: branchTo(session.messages, reply.parentId),
      continueFrom: plainText(before.parts) || null,
      signal: abort.signal,
    });
    for await (const chunk of chunks) {
      for (const joined of splice(chunk)) {
        if (joined.type === "finish") finish = joined;
        else journal.write(joined);
      }
      if (abort.signal.aborted) break;
    }
    return finish;
  }

  function cut(reason: StopReason, journal: JournalWriter | null): Outcome {
    return { status: reason === "stopped" ? "stopped" : "interrupted", last: { type: "abort" }, journal };
  }

  function failed(error: unknown, journal: JournalWriter | null): Outcome {
    const known = toPersonsError(error);
    const level = known.code === "internal_error" ? "error" : "warn";
    deps.log[level](
      { reply: reply.id, model: reply.modelId, code: known.code, err: error },
      "the reply failed",
    );
    return {
      status: "failed",
      error: { code: known.code, message: known.message },
      last: { type: "error", errorText: known.message },
      journal,
    };
  }

  /** Stores the message, then tells followers. */
  async function settle({ status, usage, error, last, journal }: Outcome) {
    const settlement: Settlement = {
      replyId: reply.id,
      epoch: reply.epoch,
      status,
      parts: settledParts(text),
      node: deps.node.name,
      finishedAt: deps.clock().toISOString(),
      ...(usage && { usage }),
      ...(error && { error }),
    };
    await store(settlement);
    // After the commit, so that whoever is told that the reply has ended finds it in the session.
    if (journal) journal.write(last);
    else stream.publish([last]);
    deps.log.info({ reply: reply.id, model: reply.modelId, status, usage }, "the reply has settled");
  }

  /** A volume that is away is waited for, since the words are still here; superseded, there is nothing to store. */
  async function store(settlement: Settlement) {
    for (let attempt = 0; stopReason !== "superseded"; attempt++) {
      try {
        await deps.store.update(key, (now) => ({
          session: now && settleReply(now, settlement),
          result: null,
        }));
        return;
      } catch (error) {
        const passing = ExpectedError.isInstance(error) && PASSING.has(error.code);
        deps.log[passing ? "warn" : "error"](
          { reply: reply.id, attempt, err: error },
          "the reply was not stored",
        );
        if (!passing) return;
        await deps.delay(Math.min(10_000, 250 * 2 ** attempt));
      }
    }
  }

  return { reply, stream, stop, ended: run() };
}

/** Failures of the store that pass, with nothing for a person to do. */
const PASSING: ReadonlySet<string> = new Set(["volume_unavailable", "session_busy"]);

/** What a reply begins with: its start, and the words of the message that it continues. */
export function saidBefore(session: Session, reply: Reply): ReplyChunk[] {
  const continued = session.messages.find((message) => message.id === reply.continues);
  return messageChunks(reply.messageId, continued?.parts ?? [], { leaveOpen: true });
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
