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
};

/** Time between polls with interest in a reply, in milliseconds. */
const FAST_MS = 1_000;
/** The longest with interest in sessions only. */
const QUIET_MS = 5_000;
/** The same without interest. */
const IDLE_MS = 30_000;
/** Growth of the pause after each poll without news, while there is only interest in sessions. */
const PAUSE_GROWTH = 1.05;

export function createMembershipPoller(options: MembershipPollerOptions): MembershipPoller {
  const { poll, now, timer } = options;
  const attending: Record<Interest, number> = { reply: 0, watch: 0 };
  let isRunning = false;
  let isPolling = false;
  let isFailing = false;
  let polledAt = -Infinity;
  let withoutNews = 0;
  let cancelTimer = () => {};

  function pause(): number {
    if (attending.reply > 0) return FAST_MS;
    if (attending.watch > 0) return Math.min(QUIET_MS, FAST_MS * PAUSE_GROWTH ** withoutNews);
    return IDLE_MS;
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
