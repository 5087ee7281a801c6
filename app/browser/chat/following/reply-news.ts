import type { Conversations } from "~/browser/conversations/conversations";
import type { Unread } from "~/browser/conversations/unread";
import type { ReplyNews } from "~/browser/page/reply-notification";
import type { OpenSessionsDependencies } from "~/browser/chat/open-sessions";
import type { PageActivity } from "~/browser/page/page-activity";
import type { PageClock } from "~/browser/page/page-clock";
import type { PreferencesStore } from "~/browser/storage/preferences";

/** Time until all tabs know of a mark, in milliseconds. */
const MARK_SETTLES_MS = 1_000;

type Dependencies = {
  activity: PageActivity;
  conversations: Conversations;
  unread: Unread;
  preferences: PreferencesStore;
  clock: Pick<PageClock, "after">;
  /** Shows a notification, whose click calls `onClick`. */
  notify: (news: ReplyNews, messageId: string, onClick: () => void) => void;
};

/**
 * Marks conversations in which a reply has ended, or waits for a decision, while no tab showed them, and removes the mark
 * when one is shown.
 */
export function createReplyNews(
  dependencies: Dependencies,
): Pick<OpenSessionsDependencies, "onNews" | "onRead"> {
  const { activity, conversations, unread, preferences, clock, notify } = dependencies;
  const isShown = (id: string) => activity.isVisible() && conversations.getSnapshot().currentId === id;

  /** The tab that shows a conversation removes its mark, whichever tab has made it. */
  function clearShown() {
    const { currentId } = conversations.getSnapshot();
    if (isShown(currentId)) unread.clear(currentId);
  }
  for (const changing of [activity, conversations, unread]) changing.subscribe(clearShown);
  clearShown();

  function onRead(id: string, messageId: string) {
    if (isShown(id)) unread.see(id, messageId);
  }

  return {
    onRead,
    onNews(news, id, messageId) {
      if (isShown(id)) return onRead(id, messageId);
      unread.mark(id, messageId);
      if (!preferences.getSnapshot().notifies) return;
      // If another tab shows the conversation, it removes the mark.
      clock.after(MARK_SETTLES_MS, () => {
        if (unread.getSnapshot().includes(id)) notify(news, messageId, () => conversations.open(id));
      });
    },
  };
}
