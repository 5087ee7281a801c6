import { withoutEnding } from "~/conversation/catch-up";
import type { Omission } from "~/conversation/omissions";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import { applyChunk, EMPTY_REPLY, settledParts, type ReplyText } from "~/conversation/reply-text";
import type { AssistantMessage } from "~/conversation/session";
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
import { isPassing } from "./store-settlement";

/** The effectful half of a run: the model's chunks go to this node's reply log, and from there to the followers. */
export type Generation = {
  /** Resolves at the end of the answer. Null where the reply is left to a takeover. Never rejects. */
  run(): Promise<ReplyOutcome | null>;
  /** The answer that followers may have seen, to be stored. */
  content(): { parts: AssistantMessage["parts"]; omissions: Omission[] };
};

/**
 * Number of appends in a row that a fault of the volume, such as a full disk, makes fail before the reply is left to a
 * takeover by this node or another.
 */
const MAX_FAULTS = 6;

/** Its state: the durable text, repeated chunks that are not durable here yet, omissions, and faults of the log. */
export function createGeneration(context: RunContext): Generation {
  const { session, reply, said, stream, control, watch, entry } = context;
  /** Never less than the chunks of earlier runners, which their logs hold and followers may have seen. */
  let text: ReplyText = said.reduce(applyChunk, EMPTY_REPLY);
  /** Number of chunks of earlier runners that this node's log has not passed on as durable yet. */
  let repeated = said.length;
  /** Not in the log: a node that takes over asks the model again and is given them again. */
  let omissions: Omission[] = [];
  let onStall = () => {};
  let faults = 0;
  let hasGivenUp = false;

  function onDurable(chunks: ReplyChunk[]) {
    faults = 0;
    if (control.reason() === "superseded") return;
    text = chunks.slice(repeated).reduce(applyChunk, text);
    repeated = Math.max(0, repeated - chunks.length);
    stream.publish(withoutEnding(chunks));
  }

  /** @returns false where the log cannot be written, and the run is to end: what followers have seen is not known */
  async function flush(): Promise<boolean> {
    const stalled = new Promise<false>((resolve) => {
      onStall = () => {
        if (control.reason() !== null || hasGivenUp) resolve(false);
      };
    });
    const isWritten = await Promise.race([entry.flush().then(() => true), stalled]);
    return isWritten && !entry.isEnded();
  }

  function begin(before: readonly ReplyChunk[]) {
    const owner = {
      onDurable,
      onChange: watch.check,
      onStall(error: unknown) {
        // A volume that does not answer is waited for: what the run has is safe in memory, and nobody could do better.
        if (!isPassing(error) && ++faults === MAX_FAULTS) {
          hasGivenUp = true;
          control.abort(error);
        }
        onStall();
      },
    };
    // The words wait in the log until the question is durable.
    context.committed.then(
      (rev) => entry.attach({ ...owner, rev }),
      () => undefined,
    );
    if (said.length > 0) entry.repeat(before);
    else for (const chunk of before) entry.write(chunk);
  }

  async function ask(before: readonly ReplyChunk[]): Promise<ReplyOutcome> {
    try {
      const finish = await relayModel(
        context,
        before,
        entry.write,
        (reported) => (omissions = [...reported]),
      );
      await flush();
      return stopOutcome(context) ?? finishOutcome(context, finish, text);
    } catch (error) {
      if (hasGivenUp) return cutOutcome("handed over");
      return stopOutcome(context) ?? modelOutcome(context, error);
    }
  }

  return {
    async run() {
      const before = said.length > 0 ? said : saidBefore(session, reply);
      begin(before);
      // A first runner asks the model meanwhile. One that takes over shows first what was said, and is still in charge.
      if (said.length > 0) await flush();
      const outcome = control.reason() === null ? await ask(before) : cutOutcome(control.reason()!);
      const isWritten = await flush();
      // Left to a takeover, as a rule by this node, which reads what the log holds.
      const reason = control.reason();
      const isLeft = hasGivenUp || (!isWritten && (reason === null || reason === "stopped"));
      return isLeft ? null : outcome;
    },
    content: () => ({ parts: settledParts(text), omissions }),
  };
}

/**
 * Asks the model for the rest of the answer and passes its chunks on.
 * @returns the finish chunk, which is passed on too, if there is room
 */
async function relayModel(
  { sessionHash, session, reply, control, meter, deps }: RunContext,
  before: readonly ReplyChunk[],
  onChunk: (chunk: ReplyChunk) => void,
  onOmissions: (omissions: readonly Omission[]) => void,
): Promise<Finish | "too long"> {
  const finish = before.find((chunk) => chunk.type === "finish");
  // The runner before had the whole answer, and died before it could settle.
  if (finish) return finish;
  const { signal } = control;
  const answer = deps.models.generate({
    ...replyCall(session, reply, before),
    attachment: async (id) => (await deps.attachments.read(sessionHash, id))?.bytes ?? null,
    signal,
    onRetry: meter.retry,
    onOmissions,
    onSpending: deps.onSpending,
  });
  return relayAnswer(answer, { before, signal, delay: deps.delay, onToken: meter.token, onChunk });
}

function stopOutcome({ control }: RunContext): ReplyOutcome | null {
  const reason = control.reason();
  return reason && cutOutcome(reason);
}

function finishOutcome(
  { control, about, deps }: RunContext,
  finish: Finish | "too long",
  text: ReplyText,
): ReplyOutcome {
  if (finish !== "too long") return finishedOutcome(finish, settledParts(text));
  const outcome = tooLongOutcome();
  const { code, message } = outcome.error;
  control.abort(new Error(message));
  deps.log.warn({ ...about, code }, "the call to the model was ended: its answer is too long");
  return outcome;
}

function modelOutcome({ reply, about, deps }: RunContext, error: unknown): ReplyOutcome {
  const outcome = failedOutcome(error, reply);
  const { code } = outcome.error;
  const level = code === "internal_error" ? "error" : "warn";
  deps.log[level]({ ...about, code, err: error }, "the reply failed");
  return outcome;
}
