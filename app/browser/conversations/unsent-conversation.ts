import type { ClaimForTab } from "~/browser/drafts/tab-claims";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { hasId, readId, readList } from "./conversation-list";

const UNSENT_KEY = "holdfast.unsent";
/** The keys under which drafts are stored: texts and files. */
const DRAFT_PATTERN = /^holdfast\.(?:draft|files)\.([\w-]{22})$/;

/** This tab's conversation without a message: one at a time, so that its draft is found again. */
export type UnsentConversation = {
  /** The id of the conversation, a new one if the tab has none. */
  id: () => string;
  /** To be called once, when the page has chosen what to show: claims the tab's conversation again after a reload. */
  resume: () => void;
  /**
   * Gives the conversation up if it is listed: it has messages then, even if it is deleted later.
   * @returns whether it was given up
   */
  release: (list: readonly { id: string }[]) => boolean;
  /** Takes over a conversation without a message, but with a draft, from a tab that is closed. */
  adopt: () => Promise<void>;
};

type Dependencies = {
  shared: SafeStorage;
  tab: SafeStorage;
  newId: () => string;
  claim: ClaimForTab;
  /** The conversation that the tab showed before a reload, if it had messages. */
  reopenedId: string | null;
};

export function createUnsentConversation(dependencies: Dependencies): UnsentConversation {
  const { shared, tab, newId, claim, reopenedId } = dependencies;
  const known = () => readId(tab, UNSENT_KEY);
  const beforeReload = known();

  async function adopt() {
    const drafts = new Set(shared.keys().flatMap((key) => DRAFT_PATTERN.exec(key)?.[1] ?? []));
    const isUnsent = (id: string) => id !== reopenedId && !hasId(readList(shared), id);
    for (const id of drafts) {
      if (known() !== null || !isUnsent(id) || !(await claim(id, false))) continue;
      if (known() === null && isUnsent(id)) tab.set(UNSENT_KEY, id);
    }
  }

  return {
    id() {
      const unsent = known();
      if (unsent !== null) return unsent;
      const id = newId();
      tab.set(UNSENT_KEY, id);
      void claim(id, true);
      return id;
    },
    resume() {
      // After a fast reload the browser may still hold the lock for the closed page, so the claim waits for it.
      if (beforeReload !== null) void claim(beforeReload, true);
      else void adopt();
    },
    release(list) {
      const unsent = known();
      const isListed = unsent !== null && hasId(list, unsent);
      if (isListed) tab.remove(UNSENT_KEY);
      return isListed;
    },
    adopt,
  };
}
