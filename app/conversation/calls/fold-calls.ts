import type { Part } from "../session/session";
import { isFinal, isUndecided } from "./call-state";
import type { KnownCall, ToolPart, ToolState } from "./tool-part";

/** Order of the states of one attempt: a later one replaces an earlier one. */
const PROGRESS: Readonly<Record<ToolState, number>> = {
  "input-available": 0,
  "approval-requested": 1,
  running: 2,
  "outcome-unknown": 3,
  "output-available": 4,
  "output-error": 4,
  "output-denied": 4,
};

/** The calls among parts. */
export function toolParts(parts: readonly Part[]): ToolPart[] {
  return parts.filter((part) => part.type === "dynamic-tool");
}

/** Whether a call among parts has no result yet. */
export function hasOpenCalls(parts: readonly Part[]): boolean {
  return toolParts(parts).some((part) => !isFinal(part));
}

/**
 * The parts of a reply with what its session knows of their calls. The log of the runner may lack decisions that were
 * committed meanwhile; the session lacks results that are in the log only.
 */
export function foldCalls(parts: readonly Part[], known: readonly KnownCall[]): Part[] {
  const byId = new Map(known.map((call) => [call.toolCallId, call]));
  return parts.map((part) => {
    const call = part.type === "dynamic-tool" ? byId.get(part.toolCallId) : undefined;
    return call ? foldCall(part as ToolPart, call) : part;
  });
}

function foldCall(part: ToolPart, known: KnownCall): ToolPart {
  const isBehind =
    known.attempt > part.attempt ||
    (known.attempt === part.attempt && PROGRESS[known.state] > PROGRESS[part.state]);
  const { decisions = part.decisions, input = part.input } = known;
  const withDecisions = { ...part, input, ...(decisions && { decisions }) };
  if (!isBehind) return withDecisions;
  const { output: _, errorText: __, ...rest } = withDecisions;
  const { epoch: ___, ...now } = known;
  return { ...rest, ...now, input };
}

/** What a session has to know of the calls of a reply that is about to have a runner. */
export function knownCalls(parts: readonly Part[], epoch: number): KnownCall[] {
  return toKnown(
    toolParts(parts).filter((part) => part.state === "running" || isUndecided(part)),
    epoch,
  );
}

/** The same for a reply that continues an answer: nothing of that is claimed for the new runner. */
export function undecidedCalls(parts: readonly Part[], epoch: number): KnownCall[] {
  return toKnown(toolParts(parts).filter(isUndecided), epoch);
}

const toKnown = (parts: readonly ToolPart[], epoch: number): KnownCall[] =>
  parts.map(({ type: _, toolName: __, ...call }) => ({ ...call, epoch }));

/** Sentences for the model, and the person, in place of outputs. */
const NOT_RUN = "The tool was not run: the answer ended before.";
export const DENIED = "The person has not allowed this call.";

/** The parts of a reply that ends: no call in it is left open, except that its outcome may be unknown. */
export function closeCalls(parts: readonly Part[]): Part[] {
  return parts.map((part) => (part.type === "dynamic-tool" ? closeCall(part) : part));
}

function closeCall(part: ToolPart): ToolPart {
  switch (part.state) {
    case "input-available":
      return { ...part, state: "output-error", errorText: NOT_RUN };
    case "approval-requested":
      return { ...part, state: "output-denied", errorText: DENIED };
    case "running":
      return { ...part, state: "outcome-unknown" };
    default:
      return part;
  }
}
