import { ExpectedError } from "../expected-error";
import { isSameJson } from "../same-json";
import type { Message, Part, Session } from "../session/session";
import { isFinal, isUndecided, MAX_ATTEMPTS, type CallResult } from "./call-state";
import { isWaiting, resumeReply } from "./claim-calls";
import { DENIED, foldCalls, toolParts } from "./fold-calls";
import type { Decision, KnownCall, ToolPart } from "./tool-part";

/** A person's decision about a call. */
export type CallDecision = {
  toolCallId: string;
  /** The attempt that is decided, so that a repeated `retry` starts nothing twice; undefined for the current one. */
  attempt?: number | undefined;
  decision: Decision;
  /** With `approve`: arguments that replace the model's. */
  input?: unknown;
  /** With `happened`: what the person knows of the result. With `deny` and `skip`: why, for the model. */
  text?: string | undefined;
};

export type Decided = {
  session: Session;
  /**
   * Who goes on with the reply: `none` where it has ended or waits for further decisions, `this node` where it had no
   * runner, and `its runner` where it has one, which must be told.
   */
  runner: "none" | "this node" | "its runner";
};

type Call = Pick<ToolPart, "toolCallId" | "state" | "attempt" | "decisions"> & { input?: unknown };

/**
 * Applies a decision. The first one counts; the same again changes nothing, and returns the same session.
 * An approval is the claim: with the commit of the decision the call is `running`, and no other node may run it.
 * @param node the instance that commits it, `name.boot`, which becomes the runner where the reply has none
 * @throws ExpectedError `call_not_found`, `already_decided`, `invalid_decision`
 */
export function decideCall(session: Session, command: CallDecision, node: string): Decided {
  const decided = changeCall(
    session,
    ({ toolCallId }) => toolCallId === command.toolCallId,
    (call) => changedBy(call, command),
    node,
  );
  if (decided) return decided;
  throw new ExpectedError("call_not_found", "That tool call is not in the conversation.");
}

/**
 * Changes a call wherever the session holds it: among those of the running reply, in what a reply that waits has said, and
 * in messages. The first of these that has it says what its state is. A reply that waits goes on as soon as one of its
 * calls is to run, or none waits for a decision any more.
 * @param change null for a call that stays as it is
 * @returns null where the session has no such call
 */
function changeCall(
  session: Session,
  isCall: (call: Call) => boolean,
  change: (call: Call) => Partial<ToolPart> | null,
  node: string,
): Decided | null {
  const { reply, partial } = session;
  const known = partial?.calls.find(isCall);
  if (known) {
    const changed = change(known);
    if (!changed) return { session, runner: "its runner" };
    const call: KnownCall = { ...known, ...changed, epoch: reply!.epoch };
    const calls = partial!.calls.map((each) => (each === known ? call : each));
    const messages = changeInMessages(session, known, changed);
    return { session: { ...session, messages, partial: { ...partial!, calls } }, runner: "its runner" };
  }
  const part = toolParts(partial?.parts ?? []).find(isCall);
  if (part) {
    const changed = change(part);
    if (!changed || !isWaiting(reply)) return { session, runner: changed ? "none" : "its runner" };
    const messages = changeInMessages(session, part, changed);
    return afterChange({ ...session, messages }, replaceCall(partial!.parts, { ...part, ...changed }), node);
  }
  return changeSettled(session, isCall, change);
}

function afterChange(session: Session, parts: readonly Part[], node: string): Decided {
  const calls = toolParts(parts);
  if (calls.some(({ state }) => state === "running") || !calls.some(isUndecided)) {
    return { session: resumeReply(session, node, parts), runner: "this node" };
  }
  return { session: { ...session, partial: { ...session.partial!, parts: [...parts] } }, runner: "none" };
}

/** An answer that has ended may still have calls of unknown outcome. None is run again: the answer does not go on. */
function changeSettled(
  session: Session,
  isCall: (call: Call) => boolean,
  change: (call: Call) => Partial<ToolPart> | null,
): Decided | null {
  const call = session.messages
    .toReversed()
    .flatMap((message) => (message.role === "assistant" ? toolParts(message.parts) : []))
    .find(isCall);
  if (!call) return null;
  const changed = change(call);
  if (!changed) return { session, runner: "none" };
  if (changed.state === "running") {
    throw invalid("This answer has ended. Ask again to run the tool once more.");
  }
  return { session: { ...session, messages: changeInMessages(session, call, changed) }, runner: "none" };
}

/**
 * The messages with the change of a call. More than one has it where an answer was continued: the continuation repeats the
 * calls of the answer before. None of them leads to another attempt than the one that was decided.
 */
function changeInMessages(
  { messages }: Session,
  { toolCallId, attempt }: Call,
  changed: Partial<ToolPart>,
): Message[] {
  const { decisions } = changed;
  const settled =
    changed.state === "running"
      ? { state: "output-error" as const, errorText: REPEATED, ...(decisions && { decisions }) }
      : changed;
  return messages.map((message) => {
    if (message.role !== "assistant") return message;
    const call = toolParts(message.parts).find((each) => each.toolCallId === toolCallId);
    if (!call || call.attempt !== attempt || isFinal(call)) return message;
    return { ...message, parts: replaceCall(message.parts, { ...call, ...settled }) };
  });
}

/**
 * What a decision changes of a call; null where it was taken before.
 * @throws ExpectedError `already_decided`, `invalid_decision`
 */
function changedBy(call: Call, command: CallDecision): Partial<ToolPart> | null {
  const { decisions = [] } = call;
  const { attempt, decision } = command;
  const isOpen = isUndecided(call) && (attempt ?? call.attempt) === call.attempt;
  if (isOpen && isTaken(call, decision)) {
    const taken = { attempt: call.attempt, decision };
    return { ...effectOf(call, command), decisions: [...decisions, taken] };
  }
  // Without an attempt also a repeated approval of a call whose outcome has become unknown since.
  const earlier =
    attempt === undefined ? decisions.at(-1) : decisions.findLast((each) => each.attempt === attempt);
  if (earlier?.decision === decision && hasSameInput(call, command)) return null;
  if (isOpen) throw invalid("This decision does not fit the state of the tool call.");
  if (earlier) throw new ExpectedError("already_decided", "This has already been decided differently.");
  throw invalid("There is nothing to decide about this tool call now.");
}

/** An approval of other arguments is another decision. */
const hasSameInput = (call: Call, { input }: CallDecision): boolean =>
  input === undefined || isSameJson(input, call.input);

const BY_STATE = {
  "approval-requested": ["approve", "deny"],
  "outcome-unknown": ["happened", "retry", "skip"],
} as const satisfies Partial<Record<ToolPart["state"], readonly Decision[]>>;

/** Whether the state of an undecided call takes a decision. */
function isTaken({ state }: Call, decision: Decision): boolean {
  const allowed: readonly Decision[] = BY_STATE[state as keyof typeof BY_STATE];
  return allowed.includes(decision);
}

function effectOf(call: Call, { decision, input, text }: CallDecision): Partial<ToolPart> {
  switch (decision) {
    case "approve":
      return { ...nextAttempt(call), ...(input !== undefined && { input }) };
    case "retry":
      return nextAttempt(call);
    case "deny":
      return { state: "output-denied", errorText: text ?? DENIED };
    case "happened": {
      const said = text ?? "The person says that the call has had its effect. Its result is not known.";
      return { state: "output-available", output: { content: [{ type: "text", text: said }] } };
    }
    case "skip":
      return { state: "output-error", errorText: text ?? SKIPPED };
  }
}

const SKIPPED =
  "It is not known whether the call has had its effect. The person has decided to go on without it.";

/** Of a call that was run again in a continuation, in the answer before. */
const REPEATED =
  "It is not known whether the call has had its effect. It was run again in a later version of this answer.";

function nextAttempt({ attempt }: Call): Pick<ToolPart, "state" | "attempt"> {
  if (attempt >= MAX_ATTEMPTS) throw invalid("This tool call was run too many times.");
  return { state: "running", attempt: attempt + 1 };
}

/** The result of an attempt, from a runner that may have been replaced. */
export type Offer = { toolCallId: string; attempt: number; result: CallResult };

/**
 * Stores the result of an attempt whose runner was replaced before it could. It counts while that attempt has neither a
 * result nor a decision; otherwise the same session is returned.
 */
export function offerResult(session: Session, { toolCallId, attempt, result }: Offer, node: string): Decided {
  const takes = (call: Call) =>
    call.toolCallId === toolCallId &&
    call.attempt === attempt &&
    !isFinal(call) &&
    !call.decisions?.some((taken) => taken.attempt === attempt);
  return changeCall(session, takes, () => result, node) ?? { session, runner: "none" };
}

function replaceCall(parts: readonly Part[], call: ToolPart): Part[] {
  return parts.map((part) =>
    part.type === "dynamic-tool" && part.toolCallId === call.toolCallId ? call : part,
  );
}

function invalid(message: string): ExpectedError {
  return new ExpectedError("invalid_decision", message);
}

/** The reply so far, as its session holds it: with the decisions that were committed. */
export function partialParts({ partial }: Pick<Session, "partial">): Part[] {
  return partial ? foldCalls(partial.parts, partial.calls) : [];
}
