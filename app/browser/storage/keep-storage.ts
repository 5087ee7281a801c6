import type { ConversationsSnapshot } from "~/browser/conversations/conversations";
import type { Observable } from "~/browser/page/observable";

type Dependencies = {
  conversations: Pick<Observable<Pick<ConversationsSnapshot, "list">>, "getSnapshot" | "subscribe">;
  /** Asks the browser to keep what it stores. */
  ask: () => void;
};

/**
 * Asks the browser to keep what it stores once there is a new conversation to keep. Not before: some browsers ask the
 * person, who must have a reason to agree.
 */
export function keepStorageOnceUsed({ conversations, ask }: Dependencies): void {
  const count = () => conversations.getSnapshot().list.filter(({ saved }) => saved).length;
  const before = count();
  const unsubscribe = conversations.subscribe(() => {
    if (count() <= before) return;
    unsubscribe();
    ask();
  });
}

/** Asks the browser not to empty its storage when it is short of space. The answer makes no difference to the page. */
export async function askToPersist(navigator: Navigator): Promise<void> {
  // Missing on plain http.
  const { storage } = navigator as Partial<Navigator>;
  await storage?.persist?.().catch(() => false);
}
