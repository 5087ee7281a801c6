import { ExpectedError } from "~/conversation/expected-error";
import { keyringNotFound } from "~/store/keyrings/change-keyring";
import type { KeyringStore } from "~/store/keyrings/keyring-store";
import type { SessionEvents } from "~/store/sessions/session-events";

export type WatchKeyringDependencies = {
  keyrings: Pick<KeyringStore, "version">;
  events: Pick<SessionEvents, "subscribe">;
  /** Counts a watcher of a keyring until the returned function is called. @throws ExpectedError `too_many_requests` */
  enterWatch: (keyringHash: string) => () => void;
  /** Makes this node ask for changes of other nodes more often until the returned function is called. */
  attend: (interest: "watch") => () => void;
  /** Aborted when this node drains: watchers are disconnected and ask another node. */
  draining: AbortSignal;
};

/**
 * The versions of a keyring, the newest one first, then each that comes. Ends where the keyring is deleted,
 * where `signal` is aborted and where this node drains.
 * @throws ExpectedError `keyring_not_found`, `too_many_requests`, and what `KeyringStore.version` throws
 */
export async function watchKeyring(
  keyringHash: string,
  signal: AbortSignal,
  { keyrings, events, enterWatch, attend, draining }: WatchKeyringDependencies,
): Promise<AsyncGenerator<number>> {
  const leaveCount = enterWatch(keyringHash);
  // Subscribed before the first read: a commit in between is seen twice rather than never.
  const news = collectNews(keyringHash, events, AbortSignal.any([signal, draining]));
  const stopAttending = attend("watch");
  const leave = () => {
    stopAttending();
    news.leave();
    leaveCount();
  };
  try {
    const first = await keyrings.version(keyringHash);
    if (first === null) throw keyringNotFound();
    return revisions(first);
  } catch (error) {
    leave();
    throw error;
  }

  async function* revisions(first: number): AsyncGenerator<number> {
    try {
      for (let rev: number | null = first, shown = 0; rev !== null;) {
        if (rev !== shown) yield rev;
        shown = rev;
        if (!(await news.arrived())) return;
        rev = await keyrings.version(keyringHash).catch(nullIfGone);
      }
    } finally {
      leave();
    }
  }
}

function nullIfGone(error: unknown): null {
  if (ExpectedError.isInstance(error) && error.code === "keyring_gone") return null;
  throw error;
}

/** Collects news of a keyring from now on, until `leave`. */
function collectNews(keyringHash: string, events: Pick<SessionEvents, "subscribe">, over: AbortSignal) {
  let hasNews = false;
  let wake = () => {};
  const wakeUp = () => wake();
  const unsubscribe = events.subscribe(keyringHash, () => {
    hasNews = true;
    wake();
  });
  over.addEventListener("abort", wakeUp);
  return {
    /** Resolves when there is, or may be, news. False after an abort. */
    async arrived(): Promise<boolean> {
      while (!hasNews && !over.aborted) await new Promise<void>((resolve) => (wake = resolve));
      hasNews = false;
      return !over.aborted;
    },
    leave() {
      unsubscribe();
      over.removeEventListener("abort", wakeUp);
    },
  };
}
