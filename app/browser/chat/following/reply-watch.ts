import type { PageClock } from "~/browser/page/page-clock";

const FIRST_MS = 4_000;
const LONGEST_MS = 30_000;
/** No reply runs for longer, so polling ends. */
const GIVE_UP_MS = 30 * 60_000;

/** Polls for the end of a reply while its session is not shown. */
export type ReplyWatch = { start: () => void; stop: () => void };

type Dependencies = {
  clock: Pick<PageClock, "after">;
  /** Reads the session once. */
  refresh: () => Promise<void>;
  /** Whether a reply is still running, or about to run. */
  isAwaited: () => boolean;
};

/**
 * A hidden tab holds no connection: a browser has six of them to a host, for all its tabs, and a node that follows
 * another node's reply reads that node's log many times a second. A conditional request for the session costs one listing
 * of a folder, so a hidden tab polls with these, at growing intervals, until the reply has ended.
 */
export function createReplyWatch({ clock, refresh, isAwaited }: Dependencies): ReplyWatch {
  let cancel: (() => void) | null = null;

  function refreshAfter(ms: number, left: number) {
    if (!isAwaited() || left < ms) return;
    const own = clock.after(ms, () => {
      const onRefreshed = () => {
        // Stopped or started anew meanwhile.
        if (cancel === own) refreshAfter(Math.min(ms * 1.5, LONGEST_MS), left - ms);
      };
      refresh().then(onRefreshed, onRefreshed);
    });
    cancel = own;
  }

  function stop() {
    cancel?.();
    cancel = null;
  }

  return {
    start() {
      stop();
      refreshAfter(FIRST_MS, GIVE_UP_MS);
    },
    stop,
  };
}
