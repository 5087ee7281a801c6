import { isStopping } from "~/browser/chat/chat-state";
import type { ChatStore } from "~/browser/chat/chat-store";
import type { SessionApi } from "~/browser/chat/session-api";

/** Stops the running reply, if there is one. A failure is shown at the session. */
export function stopReply(store: ChatStore, api: Pick<SessionApi, "stop">): void {
  const { live } = store.getSnapshot();
  if (!live || isStopping(store.getSnapshot())) return;
  store.patch({ stoppingId: live.replyId });
  api.stop(live.replyId).catch((error: unknown) => {
    if (store.getSnapshot().stoppingId === live.replyId) store.patch({ stoppingId: null });
    store.report(error);
  });
}
