import { ApiError } from "~/browser/chat/api-error";
import { backoffMs, pause } from "~/browser/chat/backoff";
import type { PageActivity } from "~/browser/page/page-activity";
import type { PageClock } from "~/browser/page/page-clock";
import { KeyringError } from "./keyring";
import type { KeyringApi } from "./keyring-api";
import type { PhaseEvent } from "./phase";
import type { KeyringSync } from "./sync";

/** Changes within this time are sent together, in milliseconds. */
const COLLECT_MS = 3_000;

/** A connection that ends earlier counts as a failure, in milliseconds. */
const SHORTEST_WATCH_MS = 3_000;

/** Decides when the keyring is read and written. */
export type KeyringEngine = {
  /** Follows the keyring while the page is visible, and sends changes by itself. */
  lead: () => void;
  /** To be called when something that the keyring carries has changed in this browser. */
  noteChange: () => void;
  /**
   * Sends what waits at once; reads the keyring before, if asked to. Shares what is under way only if that began later
   * than this call. Rejects as `KeyringSync.run`.
   */
  flush: (options?: { isToRead?: boolean }) => Promise<void>;
  hasChanges: () => boolean;
  stop: () => void;
};

type Dependencies = {
  sync: KeyringSync;
  api: Pick<KeyringApi, "watch">;
  activity: PageActivity;
  clock: PageClock;
  /** Uniform in [0, 1). */
  random: () => number;
  onEvent: (event: PhaseEvent) => void;
};

export function createKeyringEngine(dependencies: Dependencies): KeyringEngine {
  const { sync, activity, clock, onEvent } = dependencies;
  const ended = new AbortController();
  let running: Promise<void> | null = null;
  let following: Promise<void> | null = null;
  let isToReadNext = false;
  let hasChanges = false;
  let isLeading = false;
  let failures = 0;
  let cancelTimer: (() => void) | null = null;

  function flush({ isToRead = false } = {}): Promise<void> {
    isToReadNext ||= isToRead;
    if (!running) return begin();
    return (following ??= running
      .catch(() => undefined)
      .then(() => {
        following = null;
        return begin();
      }));
  }

  function begin(): Promise<void> {
    if (ended.signal.aborted) return Promise.reject(new KeyringError("gone"));
    cancelTimer?.();
    cancelTimer = null;
    const isToRead = isToReadNext;
    isToReadNext = false;
    hasChanges = false;
    onEvent("asked");
    running = sync
      .run({ isToRead })
      .then(onDone, (error: unknown) => {
        isToReadNext ||= isToRead;
        hasChanges = true;
        onFailure(error);
        throw error;
      })
      .finally(() => (running = null));
    return running;
  }

  function onDone() {
    failures = 0;
    if (!ended.signal.aborted) onEvent("answered");
    if (hasChanges) schedule(COLLECT_MS);
  }

  function onFailure(error: unknown) {
    if (ended.signal.aborted) return;
    const event = eventOf(error);
    if (event === "gone") stop();
    onEvent(event);
    if (event === "unreachable") schedule(retryInMs(error, ++failures, dependencies));
  }

  function schedule(ms: number) {
    if (!isLeading || ended.signal.aborted) return;
    cancelTimer ??= clock.after(ms, () => {
      cancelTimer = null;
      background();
    });
  }

  /** Failures are shown by the phase. */
  const background = (options?: { isToRead: boolean }) => void flush(options).catch(() => undefined);

  const watcher = createWatcher(dependencies, (rev) => {
    if (rev === null || rev !== sync.rev()) background({ isToRead: true });
  });

  function followPage() {
    const isVisible = activity.isVisible();
    const wasWatching = watcher.set(isVisible);
    if (isVisible ? wasWatching : hasChanges) background({ isToRead: isVisible });
  }

  function stop() {
    ended.abort();
    cancelTimer?.();
    watcher.set(false);
  }

  return {
    lead() {
      if (isLeading || ended.signal.aborted) return;
      isLeading = true;
      ended.signal.addEventListener("abort", activity.subscribe(followPage), { once: true });
      followPage();
    },
    noteChange() {
      hasChanges = true;
      schedule(COLLECT_MS);
    },
    flush,
    hasChanges: () => hasChanges,
    stop,
  };
}

/** @returns `set` begins or ends to watch, and says whether it was watching before */
function createWatcher(
  dependencies: Pick<Dependencies, "api" | "clock" | "random">,
  onNews: (rev: number | null) => void,
) {
  let watching: AbortController | null = null;
  return {
    set(isWanted: boolean): boolean {
      const before = watching;
      if (!isWanted) {
        before?.abort();
        watching = null;
      } else if (!before) {
        watching = new AbortController();
        void keepWatching(dependencies, watching.signal, onNews);
      }
      return before !== null;
    },
  };
}

/**
 * Keeps a connection that tells of new revisions, until the signal aborts.
 * @param onNews called with each revision; with null when a connection is opened, since some may have been missed
 */
async function keepWatching(
  { api, clock, random }: Pick<Dependencies, "api" | "clock" | "random">,
  signal: AbortSignal,
  onNews: (rev: number | null) => void,
): Promise<void> {
  for (let lost = 1; !signal.aborted; lost++) {
    const openedAt = clock.monotonic();
    onNews(null);
    try {
      await api.watch(onNews, signal);
    } catch {
      // The connection is opened again. Whether the keyring can be read at all, reading it says.
    }
    if (clock.monotonic() - openedAt > SHORTEST_WATCH_MS) lost = 0;
    await pause(clock, backoffMs(lost, random), signal, () => undefined);
  }
}

function retryInMs(
  error: unknown,
  failures: number,
  { clock, random }: Pick<Dependencies, "clock" | "random">,
): number {
  const retryAt = error instanceof ApiError ? error.retryAt : null;
  return Math.max(backoffMs(failures, random), retryAt === null ? 0 : retryAt - clock.now());
}

function eventOf(error: unknown): PhaseEvent {
  if (!(error instanceof KeyringError)) return "unreachable";
  const events = {
    gone: "gone",
    not_found: "gone",
    unreadable: "undecipherable",
    newer: "ofLaterVersion",
    full: "refused",
  } as const;
  return events[error.code];
}
