import { sessionFingerprint } from "~/conversation/session/session-hash";
import type { Reply, ReplyStatus, Usage } from "~/conversation/session/session";

/** Facts about a settled reply for operators: none of its words, and not the session's id. */
export type ReplyReport = {
  reply: string;
  /** The first digits of the session's hash. */
  session: string;
  model: string;
  /** 1 for its first runner, one more for each takeover. The times are of the last runner alone. */
  epoch: number;
  status: ReplyStatus;
  /** Counted from when the model was asked: for a first runner, while the message was being committed. */
  timeToFirstTokenMs?: number;
  durationMs?: number;
  inputTokens?: number;
  outputTokens?: number;
  /** How often the start of the call to the model was tried again. */
  retries?: number;
  /** Why it failed or was cut. */
  code?: string;
};

export type ReplyEnding = {
  status: ReplyStatus;
  usage?: Usage | undefined;
  error?: { code: string } | undefined;
};

export type ReplyMetrics = {
  onReplySettled(report: ReplyReport): void;
  onReplyTakenOver(): void;
};

/** A shorter time is not stored: it would be shown as 0 seconds, and earlier versions could not read the session. */
const MIN_REASONING_MS = 1_000;

/** Measures one run. @param now a monotonic clock in milliseconds */
export function createReplyMeter(sessionHash: string, reply: Reply, now: () => number) {
  const startedAt = now();
  let firstTokenAt: number | null = null;
  let retries = 0;
  let reasoningSince: number | null = null;
  let firstWordAt: number | null = null;
  const timeToFirstToken = () =>
    firstTokenAt === null ? {} : { timeToFirstTokenMs: Math.round(firstTokenAt - startedAt) };
  return {
    /** Called for every token: does nearly nothing. */
    token(type: "text" | "reasoning") {
      firstTokenAt ??= now();
      if (firstWordAt !== null) return;
      if (type === "text") firstWordAt = now();
      else reasoningSince ??= firstTokenAt;
    },
    /** How long the model reasoned before its first word; no field where that is too short to be shown. */
    reasoningTime() {
      if (reasoningSince === null) return {};
      const reasoningMs = Math.round((firstWordAt ?? now()) - reasoningSince);
      return reasoningMs < MIN_REASONING_MS ? {} : { reasoningMs };
    },
    retry() {
      retries += 1;
    },
    timeToFirstToken,
    report: (ending: ReplyEnding): ReplyReport => ({
      ...reportReply(sessionHash, reply, ending),
      ...timeToFirstToken(),
      durationMs: Math.round(now() - startedAt),
      retries,
    }),
  };
}

/** The report of a reply that this node settles without having run it. */
export function reportReply(
  sessionHash: string,
  reply: Reply,
  { status, usage, error }: ReplyEnding,
): ReplyReport {
  return {
    reply: reply.id,
    session: sessionFingerprint(sessionHash),
    model: reply.modelId,
    epoch: reply.epoch,
    status,
    ...(usage?.inputTokens !== undefined && { inputTokens: usage.inputTokens }),
    ...(usage?.outputTokens !== undefined && { outputTokens: usage.outputTokens }),
    ...(error && { code: error.code }),
  };
}

/** Logs and counts a settled reply: once, on the node that settled it. */
export function reportSettled(
  report: ReplyReport,
  to: { log: { info(fields: object, message: string): void }; metrics: ReplyMetrics },
): void {
  to.log.info(report, "the reply has settled");
  to.metrics.onReplySettled(report);
}
