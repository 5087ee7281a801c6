import { branchTo } from "~/conversation/session/branch";
import { estimateCall, type CallEstimate } from "~/conversation/estimate-call";
import type { GenerateRequest, LanguageModels } from "~/conversation/language-model";
import { messageChunks } from "~/conversation/reply/message-chunks";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { answerParts, applyChunk, EMPTY_REPLY, plainText } from "~/conversation/reply/reply-text";
import type { Part, Reply, Session } from "~/conversation/session/session";

/** The model request for a reply of which the chunks `before` have been sent already. */
export function replyCall(session: Session, reply: Reply, before: readonly ReplyChunk[]) {
  const { steps, tail } = splitAtLastStep(before.reduce(applyChunk, EMPTY_REPLY).parts);
  return {
    modelId: reply.modelId,
    instructions: session.settings.instructions,
    temperature: session.settings.temperature,
    effort: session.settings.effort,
    messages: branchTo(session.messages, reply.parentId),
    steps,
    continueFrom: plainText(tail) || null,
  } satisfies Partial<GenerateRequest>;
}

const NO_COST: CallEstimate = { input: { tokens: 0, dollars: 0 }, most: { tokens: 0, dollars: 0 } };

/** The estimated cost of a request. */
export function costOfCall(
  call: ReturnType<typeof replyCall> & Pick<GenerateRequest, "tools">,
  { offers }: Pick<LanguageModels, "offers">,
): CallEstimate {
  const offer = offers.find(({ id }) => id === call.modelId);
  // The model is no longer offered since another node began the reply: the call will be refused, and costs nothing.
  return offer ? estimateCall(call, offer) : NO_COST;
}

/** The steps of an answer that have ended, with the results of their calls, and the words of the one that has not. */
function splitAtLastStep(parts: readonly Part[]): { steps: readonly Part[]; tail: readonly Part[] } {
  const last = parts.findLastIndex(({ type }) => type === "dynamic-tool" || type === "step-start");
  return { steps: parts.slice(0, last + 1), tail: parts.slice(last + 1) };
}

/** The first chunks of a reply: its start, and what it had said before it waited, or the message that it continues. */
export function saidBefore(session: Session, reply: Reply): ReplyChunk[] {
  const continued = session.messages.find((message) => message.id === reply.continues);
  const waited = session.partial?.parts ?? [];
  const parts = waited.length > 0 ? waited : (answerParts(continued) ?? []);
  return messageChunks(reply.messageId, parts, { leaveOpen: true });
}
