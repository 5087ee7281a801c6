import { createObservable, type Observable } from "~/browser/page/observable";
import type { PageClock } from "~/browser/page/page-clock";

/** A message that is delivered within this time, in milliseconds, is not reported as unsent. */
const MENTION_AFTER_MS = 2_000;

/** The conversations with a message, of any tab, that the server does not have yet. */
export type UnsentMessages = Observable<readonly string[]> & {
  /** To be called when an outbox may have changed. */
  refresh: () => void;
};

/** @param kept the conversations with a message in their outbox */
export function createUnsentMessages(kept: () => string[], clock: PageClock): UnsentMessages {
  const state = createObservable<readonly string[]>([]);
  let since = new Map<string, number>();

  function refresh() {
    const now = clock.now();
    const before = since;
    since = new Map(kept().map((id) => [id, before.get(id) ?? now]));
    if ([...since.values()].includes(now)) clock.after(MENTION_AFTER_MS + 50, refresh);
    const shown = [...since].flatMap(([id, from]) => (now - from < MENTION_AFTER_MS ? [] : [id]));
    if (shown.join() !== state.getSnapshot().join()) state.set(shown);
  }

  return { getSnapshot: state.getSnapshot, subscribe: state.subscribe, refresh };
}
