import type { UserError } from "~/i18n/user-error";
import type { AttachmentDraft } from "~/browser/drafts/attachment-draft";
import type { Draft } from "~/browser/drafts/draft";
import type { Outbox, OutgoingMessage } from "~/browser/drafts/outbox";
import type { PendingMessage } from "~/browser/chat/chat-state";
import type { ChatStore } from "~/browser/chat/chat-store";

/** The session's message that is not on the server yet, as the page shows it. */
export type PendingMessageView = {
  read: () => PendingMessage | null;
  /** Changes the pending message, unless another one has taken its place. */
  update: (id: string, change: Pick<PendingMessage, "state" | "error" | "isWaiting" | "queue">) => void;
  /** Shows the message of the outbox, unless the server has accepted the pending one. */
  readOutbox: () => void;
  /** Shows what a closed tab has left in the outbox, which has room for one message. @returns null for nothing */
  showLeft: () => OutgoingMessage | null;
  /** Moves the message from the outbox back into the composer, before the text that is there. */
  takeBack: (message: OutgoingMessage, error: UserError | null) => void;
  /** Forgets a message that was removed on another device. */
  drop: (id: string) => void;
};

type Dependencies = { store: ChatStore; outbox: Outbox; draft: Draft; files: AttachmentDraft };

export function createPendingMessage({ store, outbox, draft, files }: Dependencies): PendingMessageView {
  const read = () => store.getSnapshot().pending;
  const show = (kept: OutgoingMessage | null) =>
    store.patch({ pending: kept && { ...kept, state: "sending", error: null } });
  return {
    read,
    update(id, change) {
      const pending = read();
      if (pending?.id === id) store.patch({ pending: { ...pending, ...change } });
    },
    readOutbox() {
      const pending = read();
      if (pending?.state === "accepted") return;
      const kept = outbox.read();
      if (kept?.id !== pending?.id) show(kept);
    },
    showLeft() {
      const left = outbox.read();
      if (!left || store.getSnapshot().session?.messages.some(({ id }) => id === left.id)) return null;
      show(left);
      return left;
    },
    takeBack(message, error) {
      outbox.clear(message.id);
      const typed = draft.getSnapshot();
      draft.set([message.text, typed].filter((text) => text.trim() !== "").join("\n\n"));
      files.takeBack(message.files);
      store.patch({ pending: null, problem: error && { error, messageId: null } });
    },
    drop(id) {
      outbox.clear(id);
      if (read()?.id === id) store.patch({ pending: null });
    },
  };
}
