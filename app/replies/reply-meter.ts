import { sessionFingerprint } from "~/conversation/session-id";
import type { Reply, ReplyStatus, Usage } from "~/conversation/session";

/** What an operator may know of a reply that has settled: nothing of what was said, nor the session's id. */
export type ReplyReport = {
  reply: string;
  /** The first digits of its key. */
  session: string;
  model: string;
  /** 1 for its first runner, one more for each takeover. The times are of the last runner alone. */
  epoch: number;
  status: ReplyStatus;
  /** From the moment at which the runner could begin, which for the first is when the message was durable. */
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

/** The stop watch of one run. */
export function createReplyMeter(key: string, reply: Reply) {
  const startedAt = performance.now();
  let firstTokenAt: number | null = null;
  let retries = 0;
  const timeToFirstToken = () =>
    firstTokenAt === null ? {} : { timeToFirstTokenMs: Math.round(firstTokenAt - startedAt) };
  return {
    /** At every token, so it does nearly nothing. */
    token() {
      firstTokenAt ??= performance.now();
    },
    retry() {
      retries += 1;
    },
    timeToFirstToken,
    report: (ending: ReplyEnding): ReplyReport => ({
      ...reportReply(key, reply, ending),
      ...timeToFirstToken(),
      durationMs: Math.round(performance.now() - startedAt),
      retries,
    }),
  };
}

/** Of a reply that this node settles without having run it. */
export function reportReply(key: string, reply: Reply, { status, usage, error }: ReplyEnding): ReplyReport {
  return {
    reply: reply.id,
    session: sessionFingerprint(key),
    model: reply.modelId,
    epoch: reply.epoch,
    status,
    ...(usage?.inputTokens !== undefined && { inputTokens: usage.inputTokens }),
    ...(usage?.outputTokens !== undefined && { outputTokens: usage.outputTokens }),
    ...(error && { code: error.code }),
  };
}

/** The one line that tells of a reply, from the node that settled it. */
export function reportSettled(
  report: ReplyReport,
  to: { log: { info(fields: object, message: string): void }; metrics: ReplyMetrics },
): void {
  to.log.info(report, "the reply has settled");
  to.metrics.onReplySettled(report);
}
