const FIRST_MS = 4_000;
const LONGEST_MS = 30_000;
/** No answer takes longer. Who comes back after that sees it then. */
const GIVE_UP_MS = 30 * 60_000;

/** Looks now and then whether a reply has ended that nobody is looking at. */
export type ReplyWatch = { start: () => void; stop: () => void };

type Dependencies = {
  /** Reads the session once. */
  refresh: () => Promise<void>;
  /** Whether there is still something to wait for. */
  isAwaited: () => boolean;
};

/**
 * A hidden tab holds no connection: a browser has six of them to a host, for all its tabs, and a node that follows
 * another's reply reads its journal many times a second. Asking for the session with the revision that is known
 * costs one listing of a folder, so that is what a hidden tab does, ever less often, until the reply has ended.
 */
export function createReplyWatch({ refresh: look, isAwaited }: Dependencies): ReplyWatch {
  let timer: ReturnType<typeof setTimeout> | null = null;

  function lookAfter(ms: number, left: number) {
    if (!isAwaited() || left < ms) return;
    timer = setTimeout(() => {
      const own = timer;
      const looked = () => {
        // Somebody may have come back meanwhile.
        if (timer === own) lookAfter(Math.min(ms * 1.5, LONGEST_MS), left - ms);
      };
      look().then(looked, looked);
    }, ms);
  }

  function end() {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  }

  return {
    start() {
      end();
      lookAfter(FIRST_MS, GIVE_UP_MS);
    },
    stop: end,
  };
}
