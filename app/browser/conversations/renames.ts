import type { SessionApi } from "~/browser/chat/session-api";
import type { Toasts } from "~/browser/page/toasts";
import type { Conversations } from "./conversations";

/** Changes of titles, shown before the server has them. */
export type Renames = {
  /** Changes a title at once, and then on the server. Never rejects. */
  rename: (id: string, title: string) => Promise<void>;
  /** A title that is read now may be older. */
  isRenaming: (id: string) => boolean;
};

type Dependencies = {
  conversations: Pick<Conversations, "find" | "edit">;
  /** Of the session: sends one change after another, and reads it again. */
  requestsOf: (id: string) => { patch: SessionApi["patch"]; readAgain: () => void };
  toasts: Pick<Toasts, "failure">;
};

export function createRenames({ conversations, requestsOf, toasts }: Dependencies): Renames {
  /** By conversation. `saved`: the title that the server has. */
  const unanswered = new Map<string, { count: number; saved: string }>();
  return {
    isRenaming: (id) => unanswered.has(id),
    async rename(id, title) {
      const renaming = unanswered.get(id) ?? { count: 0, saved: conversations.find(id)?.title ?? "" };
      unanswered.set(id, renaming);
      renaming.count++;
      conversations.edit([id], { title });
      const { patch, readAgain } = requestsOf(id);
      let hasFailed = false;
      try {
        await patch({ title });
        renaming.saved = title;
      } catch (error) {
        hasFailed = true;
        toasts.failure((t, why) => t("conversations.notRenamed", { why }), error);
      }
      if (--renaming.count > 0) return;
      unanswered.delete(id);
      if (hasFailed) conversations.edit([id], { title: renaming.saved });
      readAgain();
    },
  };
}
