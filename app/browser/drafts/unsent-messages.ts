import { createObservable, type Observable } from "~/browser/page/observable";

/** A message that is on its way for no longer than this is nothing to be told of. */
export const MENTION_AFTER_MS = 2_000;

/** The conversations with a message that the server does not have yet, whichever tab it was written in. */
export type UnsentMessages = Observable<readonly string[]> & {
  /** Something may have been put into an outbox, or have left it. */
  refresh: () => void;
};

/** `kept` names the conversations that have something in their outbox now. */
export function createUnsentMessages(kept: () => string[]): UnsentMessages {
  const state = createObservable<readonly string[]>([]);
  let since = new Map<string, number>();

  function look() {
    const now = Date.now();
    const before = since;
    since = new Map(kept().map((id) => [id, before.get(id) ?? now]));
    if ([...since.values()].includes(now)) setTimeout(look, MENTION_AFTER_MS + 50);
    const shown = [...since].flatMap(([id, from]) => (now - from < MENTION_AFTER_MS ? [] : [id]));
    if (shown.join() !== state.getSnapshot().join()) state.set(shown);
  }

  return { getSnapshot: state.getSnapshot, subscribe: state.subscribe, refresh: look };
}
