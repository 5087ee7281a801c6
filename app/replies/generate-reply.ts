import { hasRoomAfter } from "~/conversation/reply/answer-bound";
import { omissionsOf, type Omission } from "~/conversation/reply/omissions";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { applyChunk, EMPTY_REPLY, settledParts, type ReplyText } from "~/conversation/reply/reply-text";
import { MAX_STEPS } from "~/conversation/limits";
import { addUsage } from "~/conversation/reply/reply-cost";
import type { AssistantMessage, Part, Usage, Settings } from "~/conversation/session/session";
import { hasOpenCalls, toolParts } from "~/conversation/calls/fold-calls";
import { isFinal } from "~/conversation/calls/call-state";
import type { Offered, OfferedTool } from "~/conversation/calls/tool-set";
import { createCallIds } from "./calls/call-ids";
import { messageChunks } from "~/conversation/reply/message-chunks";
import { createDurableText } from "./durable-text";
import { relayAnswer, type Finish } from "./relay-answer";
import { costOfCall, replyCall, saidBefore } from "./reply-call";
import {
  cutOutcome,
  failedOutcome,
  finishedOutcome,
  stepLimitOutcome,
  tooLongOutcome,
  type ReplyOutcome,
} from "./reply-outcome";
import type { RunContext } from "./run-context";
import { createCallRunner } from "./calls/run-calls";

/** The effectful half of a run: the model's chunks go to this node's reply log, and from there to the followers. */
export type Generation = {
  /**
   * Resolves at the end of the answer. "waiting" where a person must decide about its calls, which is stored then. Null
   * where the reply is left to a takeover. Never rejects.
   */
  run(): Promise<ReplyOutcome | "waiting" | null>;
  /** The answer that followers may have seen, to be stored. */
  content(): { parts: AssistantMessage["parts"]; omissions: Omission[] };
};

/** Its state: the omissions and the usage of its steps. */
export function createGeneration(context: RunContext): Generation {
  const { session, reply, said, control, deps } = context;
  const durable = createDurableText(context);
  const calls = createCallRunner(context, {
    ...durable,
    parts: () => durable.text().parts,
  });
  /** Not in the log: a node that takes over asks the model again and is given them again. */
  let omissions: Omission[] = [];
  /** Servers of tools that were away in one of the steps. */
  const away = new Set<string>();
  /** Of the steps that this run has asked for. */
  let usage: Usage | undefined;

  /** Asks the model for the next step, if the last one has ended. @returns the outcome where that is the end */
  async function ask(
    before: readonly ReplyChunk[],
    tools: readonly OfferedTool[],
    { isFirst }: { isFirst: boolean },
  ): Promise<ReplyOutcome | null> {
    const { parts } = durable.text();
    if (hasOpenCalls(parts)) return null;
    // The first request of the run is reserved together with the reply.
    if (!isFirst) {
      const call = { ...replyCall(session, reply, before), tools };
      deps.reservation?.renew(() => costOfCall(call, deps.models));
    }
    if (endsWithCalls(parts)) durable.write({ type: "start-step" });
    const onOmissions = (reported: readonly Omission[]) => (omissions = [...reported]);
    const finish = await relayModel(context, { before, tools, onChunk: durable.write, onOmissions });
    await durable.flush();
    const stopped = stopOutcome(context);
    if (stopped) return stopped;
    if (finish !== "too long") usage = addUsage(usage, finish.messageMetadata?.usage);
    const isOver = finish === "too long" || !hasOpenCalls(durable.text().parts);
    return isOver ? finishOutcome(context, finish, durable.text(), usage) : null;
  }

  async function offeredTools(settings: Settings): Promise<Offered> {
    if (!session.partial) return { tools: [], away: [] };
    const open = toolParts(durable.text().parts).filter((part) => !isFinal(part));
    const offered = await deps.tools.offered(
      settings,
      open.map(({ toolName }) => toolName),
    );
    for (const server of offered.away) away.add(server);
    return offered;
  }

  /** Step by step: the model's words and calls, as far as they were not there before, and the results of its calls. */
  async function answer(begun: readonly ReplyChunk[]): Promise<ReplyOutcome | "waiting"> {
    for (let before = begun; ; before = messageChunks(reply.messageId, durable.text().parts)) {
      const isFirst = before === begun;
      const offered = await offeredTools(isFirst ? session.settings : await currentSettings(context));
      const outcome = await ask(before, offered.tools, { isFirst });
      if (outcome) return outcome;
      const ran = await calls.run(offered, await currentSettings(context));
      if (ran === "waiting") return ran;
      if (ran === "ended") return stopOutcome(context) ?? cutOutcome("handed over");
      const limit = limitOutcome(context, durable.text().parts);
      if (limit) return limit;
    }
  }

  async function answerOrFail(before: readonly ReplyChunk[]): Promise<ReplyOutcome | "waiting"> {
    if (control.reason() !== null) return cutOutcome(control.reason()!);
    try {
      return await answer(before);
    } catch (error) {
      if (durable.hasGivenUp()) return cutOutcome("handed over");
      return stopOutcome(context) ?? modelOutcome(context, error, durable.text());
    }
  }

  return {
    async run() {
      const before = said.length > 0 ? said : saidBefore(session, reply);
      durable.begin(before);
      const hasWaited = (session.partial?.parts.length ?? 0) > 0;
      // A first runner asks the model meanwhile, unless a call of the answer that it continues has no result. One that takes
      // over shows first what was said, and is still in charge.
      if (said.length > 0 || hasWaited || hasOpenCalls(partsOf(before))) await durable.flush();
      const outcome = await answerOrFail(before);
      if (outcome === "waiting") return outcome;
      const isWritten = await durable.flush();
      // Left to a takeover, as a rule by this node, which reads what the log holds.
      const reason = control.reason();
      const isLeft = durable.hasGivenUp() || (!isWritten && (reason === null || reason === "stopped"));
      return isLeft ? null : outcome;
    },
    content: () => ({
      parts: settledParts(durable.text()),
      omissions: omissionsOf([
        ...omissions,
        ...[...away].map((subject): Omission => ({ code: "tools_away", subject })),
      ]),
    }),
  };
}

const partsOf = (chunks: readonly ReplyChunk[]) => chunks.reduce(applyChunk, EMPTY_REPLY).parts;

/** A change of the person's choices about tools counts from the next step on. */
async function currentSettings({ sessionHash, session, deps }: RunContext): Promise<Settings> {
  if (!session.partial) return session.settings;
  const record = await deps.store.read(sessionHash).catch(() => null);
  return record?.session.settings ?? session.settings;
}

/**
 * Asks the model for the rest of the answer and passes its chunks on.
 * @returns the finish chunk, which is passed on too, if there is room
 */
async function relayModel(
  { sessionHash, session, reply, control, meter, deps }: RunContext,
  {
    before,
    tools,
    onChunk,
    onOmissions,
  }: {
    before: readonly ReplyChunk[];
    tools: readonly OfferedTool[];
    onChunk: (chunk: ReplyChunk) => void;
    onOmissions: (omissions: readonly Omission[]) => void;
  },
): Promise<Finish | "too long"> {
  const finish = before.find((chunk) => chunk.type === "finish");
  // The runner before had the whole answer, and died before it could settle.
  if (finish) return finish;
  const { signal } = control;
  const answer = deps.models.generate({
    ...replyCall(session, reply, before),
    tools,
    attachment: async (id) => (await deps.attachments.read(sessionHash, id))?.bytes ?? null,
    signal,
    onRetry: meter.retry,
    onOmissions,
    onSpending: deps.reservation?.record,
  });
  const calls = createCallIds(reply.id, before);
  return relayAnswer(answer, {
    before,
    signal,
    delay: deps.delay,
    onToken: meter.token,
    onChunk(chunk) {
      // A step ends with its calls. The log names the end of the whole answer alone.
      if (chunk.type !== "finish" || !calls.hasCalls()) onChunk(calls.rename(chunk));
    },
  });
}

function stopOutcome({ control }: RunContext): ReplyOutcome | null {
  const reason = control.reason();
  return reason && cutOutcome(reason);
}

function finishOutcome(
  { control, about, deps }: RunContext,
  finish: Finish | "too long",
  text: ReplyText,
  usage: Usage | undefined,
): ReplyOutcome {
  if (finish !== "too long") {
    const messageMetadata = { ...finish.messageMetadata, ...(usage && { usage }) };
    return finishedOutcome({ ...finish, messageMetadata }, settledParts(text));
  }
  const outcome = tooLongOutcome();
  const { code, message } = outcome.error;
  control.abort(new Error(message));
  deps.log.warn({ ...about, code }, "the call to the model was ended: its answer is too long");
  return outcome;
}

/** Each step costs a call of the model; a person may let the answer continue, which begins the count again. */
function limitOutcome({ session, reply }: RunContext, parts: readonly Part[]): ReplyOutcome | null {
  if (!hasRoomAfter(parts)) return tooLongOutcome();
  const continued = session.messages.find(({ id }) => id === reply.continues);
  const steps = stepStarts(parts) - stepStarts(continued?.parts ?? []) + 1;
  return steps < MAX_STEPS ? null : stepLimitOutcome();
}

const stepStarts = (parts: readonly { type: string }[]) =>
  parts.filter(({ type }) => type === "step-start").length;

/** Sources of results come after the calls of their step. */
const endsWithCalls = (parts: readonly Part[]) =>
  parts.findLast(({ type }) => type !== "source-url")?.type === "dynamic-tool";

function modelOutcome(
  { reply, about, deps }: RunContext,
  error: unknown,
  { parts }: ReplyText,
): ReplyOutcome {
  // An answer that was taken over, or has called tools, had begun well: only its continuation has failed.
  const hasBegun = reply.epoch > 1 || toolParts(parts).length > 0;
  const outcome = failedOutcome(error, hasBegun);
  const { code } = outcome.error;
  const level = code === "internal_error" ? "error" : "warn";
  deps.log[level]({ ...about, code, err: error }, "the reply failed");
  return outcome;
}
