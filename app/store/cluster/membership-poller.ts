import type { PollResult } from "./membership-reader";
import type { Timer } from "~/store/volume/timer";

/** Why the membership logs are of interest: a reply of another node is followed, or somebody watches between replies. */
export type Interest = "reply" | "watch";

/** Looks at the membership logs as often as somebody needs it. What it costs grows with the nodes, not with those who wait. */
export type MembershipPoller = {
  /** The first look; from then on it goes on by itself. Resolves when it has been made, or has failed. */
  start(): Promise<void>;
  stop(): void;
  /** Looks more often until what it returns is called. */
  attend(interest: Interest): () => void;
};

export type MembershipPollerOptions = {
  poll: () => Promise<PollResult>;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer: Timer;
  /** Told of the first look that fails after one that did not, and the other way round. */
  onFailure: (error: unknown) => void;
  onRecovery: () => void;
  /** Times from one look to the next in milliseconds: while it matters, when nothing happens, when nobody waits. */
  fastMs?: number;
  quietMs?: number;
  idleMs?: number;
};

/** How much longer the next pause is after a look without news. */
const SLOWER = 1.05;

export function createMembershipPoller(options: MembershipPollerOptions): MembershipPoller {
  const { poll, now, timer, fastMs = 1_000, quietMs = 5_000, idleMs = 30_000 } = options;
  const attending: Record<Interest, number> = { reply: 0, watch: 0 };
  let running = false;
  let looking = false;
  let broken = false;
  let lookedAt = -Infinity;
  let withoutNews = 0;
  let cancelTimer = () => {};

  function pause(): number {
    if (attending.reply > 0) return fastMs;
    if (attending.watch > 0) return Math.min(quietMs, fastMs * SLOWER ** withoutNews);
    return idleMs;
  }

  function schedule() {
    cancelTimer();
    if (!running || looking) return;
    cancelTimer = timer(Math.max(0, lookedAt + pause() - now()), () => void look());
  }

  async function look() {
    looking = true;
    const result = await poll();
    looking = false;
    lookedAt = now();
    if (result.ok) withoutNews = result.news > 0 ? 0 : withoutNews + 1;
    if (!result.ok && !broken) options.onFailure(result.error);
    if (result.ok && broken) options.onRecovery();
    broken = !result.ok;
    schedule();
  }

  return {
    async start() {
      running = true;
      await look();
    },
    stop() {
      running = false;
      cancelTimer();
    },
    attend(interest) {
      attending[interest] += 1;
      withoutNews = 0;
      schedule();
      let over = false;
      return () => {
        if (over) return;
        over = true;
        attending[interest] -= 1;
        schedule();
      };
    },
  };
}
