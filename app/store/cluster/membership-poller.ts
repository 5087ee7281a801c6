import type { PollResult } from "./membership-reader";
import type { Timer } from "~/timer";

/** Why changes of other nodes matter: a request follows a reply of another node, or watches a session between replies. */
export type Interest = "reply" | "watch";

/** Polls the membership logs as often as followers need it. The cost grows with nodes, not with followers. */
export type MembershipPoller = {
  /** Polls for the first time, and schedules the next polls. Resolves after the first, also where it failed. */
  start(): Promise<void>;
  stop(): void;
  /** Polls more often until the returned function is called. */
  attend(interest: Interest): () => void;
};

export type MembershipPollerOptions = {
  poll: () => Promise<PollResult>;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer: Timer;
  /** Called after the first poll that fails, and after the first that succeeds again. */
  onFailure: (error: unknown) => void;
  onRecovery: () => void;
  /**
   * Times between polls, in milliseconds: with interest in a reply; the longest with interest in a session; without
   * interest.
   */
  fastMs?: number;
  quietMs?: number;
  idleMs?: number;
};

/** Growth of the pause after each poll without news, while there is only interest in sessions. */
const PAUSE_GROWTH = 1.05;

export function createMembershipPoller(options: MembershipPollerOptions): MembershipPoller {
  const { poll, now, timer, fastMs = 1_000, quietMs = 5_000, idleMs = 30_000 } = options;
  const attending: Record<Interest, number> = { reply: 0, watch: 0 };
  let isRunning = false;
  let isPolling = false;
  let isFailing = false;
  let polledAt = -Infinity;
  let withoutNews = 0;
  let cancelTimer = () => {};

  function pause(): number {
    if (attending.reply > 0) return fastMs;
    if (attending.watch > 0) return Math.min(quietMs, fastMs * PAUSE_GROWTH ** withoutNews);
    return idleMs;
  }

  function schedule() {
    cancelTimer();
    if (!isRunning || isPolling) return;
    cancelTimer = timer(Math.max(0, polledAt + pause() - now()), () => void run());
  }

  async function run() {
    isPolling = true;
    const result = await poll();
    isPolling = false;
    polledAt = now();
    if (result.ok) withoutNews = result.news > 0 ? 0 : withoutNews + 1;
    if (!result.ok && !isFailing) options.onFailure(result.error);
    if (result.ok && isFailing) options.onRecovery();
    isFailing = !result.ok;
    schedule();
  }

  return {
    async start() {
      isRunning = true;
      await run();
    },
    stop() {
      isRunning = false;
      cancelTimer();
    },
    attend(interest) {
      attending[interest] += 1;
      withoutNews = 0;
      schedule();
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        attending[interest] -= 1;
        schedule();
      };
    },
  };
}
