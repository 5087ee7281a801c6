import type { ClaimForTab } from "~/browser/drafts/tab-claims";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { readId } from "./conversation-list";

const UNSENT_KEY = "holdfast.unsent";
/** The keys under which drafts are stored: texts and files. */
const DRAFT_PATTERN = /^holdfast\.(?:draft|files)\.([\w-]{22})$/;

/** This tab's conversation without a message: one at a time, so that its draft is found again. */
export type UnsentConversation = {
  /** The id of the conversation, a new one if the tab has none. */
  id: () => string;
  /**
   * To be called once, when the page has chosen what to show: claims the tab's conversation again after a reload; a new
   * tab takes over a draft.
   * @returns the id of the new conversation that was given up for that, if any
   */
  resume: () => Promise<string | null>;
  /**
   * Gives the conversation up if it is listed: it has messages then, even if it is deleted later.
   * @returns whether it was given up
   */
  release: () => boolean;
  /** Gives the conversation up for one with another id. @returns both ids; null if there is none */
  renew: () => { from: string; to: string } | null;
  /** Takes over a conversation without a message, but with a draft, from a tab that is closed. */
  adopt: () => Promise<string | null>;
};

type Dependencies = {
  shared: SafeStorage;
  tab: SafeStorage;
  newId: () => string;
  /** Null if the browser has no locks. */
  claim: ClaimForTab | null;
  /** The conversation that the tab showed before a reload, if it had messages. */
  reopenedId: string | null;
  /** The conversation that any tab has shown last: without locks the only one whose draft is taken over. */
  lastId: string | null;
  isListed: (id: string) => boolean;
};

export function createUnsentConversation(dependencies: Dependencies): UnsentConversation {
  const { shared, tab, newId, claim, reopenedId, lastId, isListed } = dependencies;
  const known = () => readId(tab, UNSENT_KEY);
  const beforeReload = known();
  /** The conversation that this page load has begun, while nothing is written in it. */
  let fresh: string | null = null;

  function draftIds(): Set<string> {
    return new Set(shared.keys().flatMap((key) => DRAFT_PATTERN.exec(key)?.[1] ?? []));
  }

  async function adopt(): Promise<string | null> {
    const drafts = draftIds();
    const isFree = () => known() === null || (known() === fresh && !draftIds().has(known()!));
    const isUnsent = (id: string) => id !== reopenedId && !isListed(id);
    for (const id of drafts) {
      if (!isFree() || !isUnsent(id)) continue;
      if (!(claim ? await claim(id, false) : id === lastId)) continue;
      if (!isFree() || !isUnsent(id)) continue;
      const replaced = known();
      tab.set(UNSENT_KEY, id);
      fresh = null;
      return replaced;
    }
    return null;
  }

  function id(): string {
    const unsent = known();
    if (unsent !== null) return unsent;
    const begun = newId();
    tab.set(UNSENT_KEY, begun);
    fresh = begun;
    void claim?.(begun, true);
    return begun;
  }

  return {
    id,
    async resume() {
      if (beforeReload === null) return adopt();
      // After a fast reload the browser may still hold the lock for the closed page, so the claim waits for it.
      void claim?.(beforeReload, true);
      return null;
    },
    release() {
      const unsent = known();
      const isReleased = unsent !== null && isListed(unsent);
      if (isReleased) tab.remove(UNSENT_KEY);
      return isReleased;
    },
    renew() {
      const from = known();
      if (from === null) return null;
      tab.remove(UNSENT_KEY);
      return { from, to: id() };
    },
    adopt,
  };
}
