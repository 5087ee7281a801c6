import { withoutEnding } from "~/conversation/catch-up";
import type { Omission } from "~/conversation/omissions";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import { applyChunk, EMPTY_REPLY, settledParts, type ReplyText } from "~/conversation/reply-text";
import type { AssistantMessage } from "~/conversation/session";
import { journalName, temporaryName } from "~/store/sessions/layout";
import { errorCode } from "~/store/volume/volume";
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
import { relayAnswer, type Finish } from "./relay-answer";
import { replyCall, saidBefore } from "./reply-call";
import {
  cutOutcome,
  failedOutcome,
  finishedOutcome,
  tooLongOutcome,
  type ReplyOutcome,
} from "./reply-outcome";
import type { RunContext } from "./run-context";

/** The effectful half of a run: the model's chunks go to the journal, and from there to the followers. */
export type Generation = {
  /** Resolves at the end of the answer. Null where the reply is not this node's to settle. Never rejects. */
  run(): Promise<ReplyOutcome | null>;
  /**
   * The answer that followers may have seen, to be stored. Reads the journal again after a failed append, because
   * the failure does not say what reached it.
   * @throws ExpectedError `volume_unavailable` where the journal cannot be read
   */
  content(): Promise<{ parts: AssistantMessage["parts"]; omissions: Omission[] }>;
};

/**
 * State of one generation. Three variables change: the text that is durable, the omissions that the model reported, and
 * the journal whose append failed. Each has one writer below.
 */
export function createGeneration(context: RunContext): Generation {
  const { sessionHash, session, reply, said, stream, control, watch, meter, about, deps } = context;
  const name = journalName(reply.id, reply.epoch);
  const lines = journalLines(deps.encryptor, sessionHash, name);
  /** Never less than the chunks of earlier runners, which their journals hold and followers may have seen. */
  let text: ReplyText = said.reduce(applyChunk, EMPTY_REPLY);
  /** Not in the journal: a node that takes over asks the model again and is given them again. */
  let omissions: Omission[] = [];
  let failedJournal: JournalWriter | null = null;

  async function onDurable(chunks: readonly ReplyChunk[]) {
    // After the append: had another node taken over before it, it would have read the journal without these chunks.
    await watch.check();
    if (control.reason() === "superseded") return;
    text = chunks.reduce(applyChunk, text);
    publish(chunks);
  }

  function publish(chunks: readonly ReplyChunk[]) {
    stream.publish(withoutEnding(chunks));
  }

  async function run(): Promise<ReplyOutcome | null> {
    let journal: JournalWriter | null = null;
    let isBegun = said.length === 0;
    let journalError: Error | null = null;
    let outcome: ReplyOutcome | null;
    try {
      const before = said.length > 0 ? said : saidBefore(session, reply);
      journal = createJournalWriter({
        // A first runner asks the model meanwhile. Chunks that are sent again must be in the journal before.
        log: said.length > 0 ? await openJournal(before) : openingLog(openJournal(before)),
        lines,
        linesBefore: said.length,
        flushMs: deps.flushMs,
        onDurable,
        onFailure: (error) => {
          journalError = error as Error;
          control.abort(error);
        },
      });
      if (said.length > 0) {
        await watch.check();
        if (control.reason() !== "superseded") publish(said);
        isBegun = true;
      } else for (const chunk of before) journal.write(chunk);
      const finish = await relay(journal, before);
      await journal.flush();
      if (journalError) throw journalError as Error;
      outcome = stopOutcome() ?? finishOutcome(finish);
    } catch (error) {
      await journal?.flush();
      if (journalError || !isBegun) outcome = journalOutcome(journalError ?? error, journalError && journal);
      else outcome = stopOutcome() ?? modelOutcome(error);
    }
    await journal?.close().catch((error: unknown) => {
      deps.log.warn({ ...about, err: error }, "the journal could not be closed");
    });
    return outcome;
  }

  function openJournal(before: readonly ReplyChunk[]) {
    const path = deps.layout.journal(sessionHash, reply.id, reply.epoch);
    if (said.length === 0) return createJournalLog(deps.volume, path);
    const temporary = path.replace(name, temporaryName(`${reply.id}-${reply.epoch}`, deps.instance));
    return createJournalLogFrom(deps.volume, path, temporary, before, lines);
  }

  /** Passes the model's chunks to the journal. @returns the finish chunk, which is in it too, if there is room */
  async function relay(journal: JournalWriter, before: readonly ReplyChunk[]) {
    const finish = before.find((chunk) => chunk.type === "finish");
    // The runner before had the whole answer, and died before it could settle.
    if (finish) return finish;
    const answer = deps.models.generate({
      ...replyCall(session, reply, before),
      attachment: async (id) => (await deps.attachments.read(sessionHash, id))?.bytes ?? null,
      signal: control.signal,
      onRetry: meter.retry,
      onOmissions: (reported) => (omissions = [...reported]),
      onSpending: deps.onSpending,
    });
    const { signal } = control;
    const { delay } = deps;
    return relayAnswer(answer, { before, signal, delay, onToken: meter.token, onChunk: journal.write });
  }

  function stopOutcome(): ReplyOutcome | null {
    const reason = control.reason();
    return reason && cutOutcome(reason);
  }

  function finishOutcome(finish: Finish | "too long"): ReplyOutcome {
    if (finish !== "too long") return finishedOutcome(finish, settledParts(text));
    const outcome = tooLongOutcome();
    control.abort(new Error(outcome.error.message));
    deps.log.warn(
      { ...about, code: outcome.error.code },
      "the call to the model was ended: its answer is too long",
    );
    return outcome;
  }

  /** The journal could not be begun, or an append to it failed. `failed` is the journal with the failed append. */
  function journalOutcome(error: unknown, failed: JournalWriter | null): ReplyOutcome | null {
    if (errorCode(error) === "EEXIST") {
      deps.log.warn(about, "the reply has been run before; left alone");
      return null;
    }
    deps.log.warn({ ...about, err: error }, "the journal could not be written");
    // A journal that was not begun holds only what its predecessor does.
    if (failed) failedJournal = failed;
    // Another runner goes on from what the journal holds; unless a person has stopped the reply.
    control.stop("handed over");
    return cutOutcome(control.reason()!);
  }

  function modelOutcome(error: unknown): ReplyOutcome {
    const outcome = failedOutcome(error, reply);
    const { code } = outcome.error;
    const level = code === "internal_error" ? "error" : "warn";
    deps.log[level]({ ...about, code, err: error }, "the reply failed");
    return outcome;
  }

  /** Readers of the journal may have seen all that it holds, also chunks whose append was reported as failed. */
  async function rereadJournal(journal: JournalWriter) {
    // Resolves once no append is under way any more.
    await journal.close();
    const chunks = await onVolume(
      () => readJournalOf(sessionHash, reply, deps),
      "read",
      "The answer is not stored yet.",
    );
    if (chunks.length > 0) text = chunks.reduce(applyChunk, EMPTY_REPLY);
  }

  return {
    run,
    async content() {
      if (failedJournal) await rereadJournal(failedJournal);
      return { parts: settledParts(text), omissions };
    },
  };
}
