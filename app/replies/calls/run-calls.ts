import { hasRoomAfter } from "~/conversation/reply/answer-bound";
import { isFinal, isUndecided, MAX_CALLS, type CallResult } from "~/conversation/calls/call-state";
import type { NewCall } from "~/conversation/calls/claim-calls";
import { foldCalls, toolParts } from "~/conversation/calls/fold-calls";
import {
  approvalChunk,
  inputChunk,
  outcomeChunks,
  resultChunk,
  stateChunk,
} from "~/conversation/calls/tool-chunks";
import { sourcePart, type SourcePart, type ToolPart } from "~/conversation/calls/tool-part";
import {
  needsApproval,
  NotSent,
  serverOf,
  type Offered,
  type OfferedTool,
  type ToolResult,
} from "~/conversation/calls/tool-set";
import { isObject } from "~/conversation/is-object";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { ToolProgress } from "~/conversation/calls/tool-progress";
import type { Part, Settings } from "~/conversation/session/session";
import type { RunContext } from "../run-context";
import { createCallClaims, type CallClaims } from "./call-claims";
import { createCallProgress } from "./call-progress";
import { createLateResults } from "./late-results";

/** The calls of one run's steps: claims them, runs them, and waits for decisions (app/store/PROTOCOL.md, Tools). */
export type CallRunner = {
  /**
   * Runs the calls of the reply that have no result. Each has one when it resolves with "answered".
   * @param settings those of the session now, which say what the person has allowed
   * @returns "waiting" where a person must decide: the reply has no runner any more. "ended" where the run is to end
   */
  run(offered: Offered, settings: Settings): Promise<"answered" | "waiting" | "ended">;
};

export type CallRunnerOptions = {
  /** The durable parts of the reply. */
  parts: () => readonly Part[];
  write: (chunk: ReplyChunk) => void;
  /** Resolves when all that was written is on stable storage. @returns false where the run is to end */
  flush: () => Promise<boolean>;
  /** Shows how far the running calls have come, to followers on all nodes. */
  report: (progress: readonly ToolProgress[]) => void;
};

type Tools = { byName: ReadonlyMap<string, OfferedTool>; away: readonly string[]; settings: Settings };

/** Time that calls may take to end after a stop, in milliseconds. */
const STOP_GRACE_MS = 1_000;

/** Rounds that neither run a call nor wait for one. A result that is not durable yet may cost one. */
const MAX_IDLE_ROUNDS = 100;

/** Sources of one answer. */
const MAX_SOURCES = 100;

/** Sentences for the model, and the person, in place of outputs. */
const UNKNOWN_TOOL = "There is no tool with this name here.";
const AWAY = "The server of this tool is away. It was not called.";
const NO_OBJECT = "The tool was not called: its arguments are not a whole JSON object.";
const TOO_MANY = "One answer cannot call tools more often.";
const TOO_LONG = "The tool was run, but its result is too long for the rest of this answer.";
const STOPPED = "The call was stopped before it was sent.";
const NO_ANSWER = "The tool gave no answer. It changes nothing, so it may be called again.";

export function createCallRunner(context: RunContext, options: CallRunnerOptions): CallRunner {
  const { reply, control, watch, deps } = context;
  const { parts, write, flush } = options;
  const claims = createCallClaims(context);
  const attempts = createAttempts(context, options, claims);

  const openCalls = () => toolParts(foldCalls(parts(), claims.known())).filter((part) => !isFinal(part));

  /** Why a call cannot be run; null where it can. */
  function refusalOf({ toolCallId, toolName, input }: ToolPart, { byName, away }: Tools): string | null {
    if (!byName.has(toolName)) return missing(toolName, away);
    const calls = toolParts(parts());
    if (calls.findIndex((call) => call.toolCallId === toolCallId) >= MAX_CALLS) return TOO_MANY;
    return isObject(input) ? null : NO_OBJECT;
  }

  /** Refuses the new calls that cannot be run. @returns the others that need a commit before they are run */
  function newCalls(tools: Tools): NewCall[] {
    const calls: NewCall[] = [];
    for (const part of openCalls()) {
      if (part.state !== "input-available") continue;
      const tool = tools.byName.get(part.toolName);
      const refusal = refusalOf(part, tools);
      const asks = tool !== undefined && needsApproval(tool, tools.settings);
      if (refusal !== null) attempts.finish(part, notRun(refusal));
      else if (asks || !tool!.isReadOnly) calls.push({ toolCallId: part.toolCallId, needsApproval: asks });
    }
    return calls;
  }

  /** Writes what others have committed about calls, a decision or a late result, where that is the end of a call. */
  function writeCommitted() {
    const written = toolParts(parts());
    for (const [index, call] of toolParts(foldCalls(parts(), claims.known())).entries()) {
      if (isFinal(call) && !isFinal(written[index]!)) for (const chunk of outcomeChunks(call)) write(chunk);
    }
  }

  /** One round: refuses, claims and begins what can be. @returns false where the run is to end */
  async function beginOpen(tools: Tools): Promise<boolean> {
    writeCommitted();
    const calls = newCalls(tools);
    if (calls.length > 0) {
      if (!(await claims.claim(calls))) return false;
      for (const { toolCallId, needsApproval: asks } of calls) if (asks) write(approvalChunk(toolCallId));
    }
    for (const part of openCalls()) {
      if (attempts.hasBegun(part)) continue;
      const tool = tools.byName.get(part.toolName);
      if (part.state === "running") beginClaimed(part, tools);
      else if (part.state === "input-available" && tool?.isReadOnly) attempts.begin(part, tool);
    }
    return flush();
  }

  function beginClaimed(part: ToolPart, { byName, away }: Tools) {
    const tool = byName.get(part.toolName);
    const claim = claims.known().find(({ toolCallId }) => toolCallId === part.toolCallId);
    // Claimed for an earlier runner, which may have sent it: nothing repeats it by itself.
    if (claim?.epoch !== reply.epoch && !tool?.isReadOnly) attempts.giveUp(part);
    else if (!tool) attempts.finish(part, notRun(missing(part.toolName, away)));
    else attempts.begin(part, tool);
  }

  async function end(): Promise<"ended"> {
    // A call that had not been sent when the person stopped the answer is to say so.
    if (control.reason() === "stopped") await Promise.race([attempts.allEnded(), deps.delay(STOP_GRACE_MS)]);
    await attempts.offerLate();
    return "ended";
  }

  return {
    async run({ tools: offered, away }, settings) {
      const tools = { byName: new Map(offered.map((tool) => [tool.name, tool])), away, settings };
      for (let idleRounds = 0; ;) {
        if (!(await flush()) || control.reason() !== null) return end();
        if (!(await beginOpen(tools)) || control.reason() !== null) return end();
        const open = openCalls();
        if (open.length === 0) return "answered";
        if (attempts.areRunning()) {
          await Promise.race([attempts.oneEnded(), watch.changed(), control.ended]);
          claims.update();
        } else if (open.some(isUndecided)) {
          const outcome = await claims.wait(parts());
          if (outcome === "waiting") return "waiting";
          if (outcome === "superseded") control.stop("superseded");
        } else if (++idleRounds > MAX_IDLE_ROUNDS) {
          // Without I/O such a loop would stop the whole process.
          throw new Error("the calls of a reply do not come to an end");
        }
      }
    },
  };
}

/** The attempts that this run makes. No other process may begin them. */
function createAttempts(
  context: RunContext,
  { parts, write, report }: Omit<CallRunnerOptions, "flush">,
  claims: CallClaims,
) {
  const { sessionHash, reply, control, about, deps } = context;
  const late = createLateResults(context);
  const progress = createCallProgress({ delay: deps.delay, report });
  const begun = new Set<string>();
  const running = new Set<Promise<void>>();

  /** Pages that the answer names by now, also those that are not durable yet. */
  const named = new Set<string>();

  /** Shows the result of a call, or an error in its place where it exceeds the size of an answer. */
  function finish(part: ToolPart, { sources = [], ...result }: ToolResult) {
    begun.add(keyOf(part));
    const fits = hasRoomAfter([...parts(), { ...part, ...result }]);
    write(resultChunk(part.toolCallId, fits ? result : notRun(TOO_LONG)));
    for (const each of parts()) if (each.type === "source-url") named.add((each as SourcePart).url);
    for (const source of fits ? sources : []) {
      if (named.size >= MAX_SOURCES || named.has(source.url)) continue;
      const chunk = { type: "source-url" as const, sourceId: `source-${String(named.size + 1)}`, ...source };
      if (!sourcePart.safeParse(chunk).success) continue;
      named.add(source.url);
      write(chunk);
    }
  }

  function giveUp(part: ToolPart) {
    begun.add(keyOf(part));
    write(stateChunk({ ...part, state: "outcome-unknown" }));
  }

  /** @returns null where the outcome is not known */
  async function call(part: ToolPart, tool: OfferedTool): Promise<ToolResult | null> {
    const { toolCallId, attempt, input } = part;
    const isClaimed = part.state === "running";
    // The process may have been frozen since the claim, and a person may have decided meanwhile.
    if (isClaimed && claims.areStale() && !(await claims.refresh())) return notRun(STOPPED);
    if (control.reason() !== null) return notRun(STOPPED);
    const idempotencyKey = `${reply.id}.${keyOf(part)}`;
    try {
      const onProgress = progress.begin(toolCallId);
      const answer = await tool
        .call({ sessionHash, input, idempotencyKey, signal: control.stopped, onProgress })
        .finally(() => progress.end(toolCallId));
      const { sources: _, ...result } = answer;
      if (isClaimed) await late.add({ toolCallId, attempt, result });
      return answer;
    } catch (error) {
      if (error instanceof NotSent) return notRun(error.message);
      deps.log.warn({ ...about, call: toolCallId, err: error }, "a tool gave no answer");
      return tool.isReadOnly ? notRun(NO_ANSWER) : null;
    }
  }

  return {
    finish,
    giveUp,
    begin(part: ToolPart, tool: OfferedTool) {
      begun.add(keyOf(part));
      const written = toolParts(parts()).find(({ toolCallId }) => toolCallId === part.toolCallId);
      // Changed by the person who has approved them.
      if (JSON.stringify(written?.input) !== JSON.stringify(part.input)) write(inputChunk(part));
      if (part.state === "running") write(stateChunk(part));
      const done = call(part, tool).then((result) => (result ? finish(part, result) : giveUp(part)));
      running.add(done);
      const forget = () => running.delete(done);
      // The run, which waits for `running`, reports its error. Here it would be an unhandled rejection.
      void done.then(forget, forget);
    },
    hasBegun: (part: ToolPart) => begun.has(keyOf(part)),
    areRunning: () => running.size > 0,
    oneEnded: () => Promise.race(running),
    allEnded: () => Promise.all(running),
    offerLate: late.offerAll,
  };
}

const keyOf = ({ toolCallId, attempt }: Pick<ToolPart, "toolCallId" | "attempt">) =>
  `${toolCallId}.${String(attempt)}`;

const missing = (toolName: string, away: readonly string[]) =>
  serverOf(toolName, away) === null ? UNKNOWN_TOOL : AWAY;

const notRun = (errorText: string): CallResult => ({ state: "output-error", errorText });
