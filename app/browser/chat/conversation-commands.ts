import { newId } from "~/conversation/session/session-id";
import type { Conversations } from "~/browser/conversations/conversations";
import type { Deletions } from "~/browser/conversations/deletions";
import { timestamp, type PageClock } from "~/browser/page/page-clock";
import type { Toasts } from "~/browser/page/toasts";
import type { ApiClient } from "./api-client";

/** What is done with whole conversations of the list. */
export type ConversationCommands = {
  /** Begins a copy of a conversation up to this message, and opens it if no other was opened meanwhile. */
  fork: (conversationId: string, messageId: string) => Promise<void>;
  /** Hides conversations. They are deleted when the time to undo that is over. */
  remove: (...conversationIds: string[]) => void;
  /** Takes conversations out of the list, or puts them back, and offers to undo that. */
  archive: (conversationIds: readonly string[], archived: boolean) => void;
};

type Dependencies = {
  api: ApiClient;
  conversations: Conversations;
  deletions: Pick<Deletions, "add">;
  toasts: Toasts;
  clock: PageClock;
};

export function createConversationCommands(dependencies: Dependencies): ConversationCommands {
  const { api, conversations, deletions, toasts, clock } = dependencies;
  const titleOf = (id: string) => conversations.find(id)?.title ?? "";
  const currentId = () => conversations.getSnapshot().currentId;
  return {
    async fork(from, messageId) {
      const [id, openId] = [newId(), currentId()];
      await api.session(id).fork({ from, messageId });
      conversations.remember({ id, title: titleOf(from), updatedAt: timestamp(clock), saved: true });
      if (currentId() === openId) conversations.open(id);
    },
    remove(...ids) {
      if (ids.includes(currentId())) conversations.leave(currentId());
      deletions.add(...ids.map((id) => ({ id, title: titleOf(id) })));
    },
    archive(ids, archived) {
      const changed = ids.filter((id) => conversations.find(id)?.archived !== archived);
      conversations.edit(changed, { archived });
      toasts.info((t) => t(archived ? "list.archived" : "list.unarchived"), {
        label: (t) => t("deletion.undo"),
        act: () => conversations.edit(changed, { archived: !archived }),
      });
    },
  };
}
