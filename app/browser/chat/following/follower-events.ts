import type { SessionView } from "~/conversation/api";
import type { Outbox } from "~/browser/drafts/outbox";
import type { LastSeen } from "~/browser/storage/last-seen";
import { userErrorOf } from "~/browser/chat/api-error";
import { withEvents, withSession } from "~/browser/chat/chat-state";
import type { ChatStore } from "~/browser/chat/chat-store";
import { NEWER_FORMAT } from "~/browser/chat/sending/message-delivery";
import type { FollowerEvents } from "./session-follower";

type Dependencies = {
  store: ChatStore;
  outbox: Pick<Outbox, "clear">;
  lastSeen: LastSeen;
  /** Whether a person can see the session in this tab now. */
  isShown: () => boolean;
  /** Called after each read of an existing session. */
  onSession: (session: SessionView) => void;
  /** Called when the connection is established again. */
  onConnected: () => void;
};

/** Applies the sessions, events and errors that a follower receives to the state of the session. */
export function createFollowerEvents(dependencies: Dependencies): FollowerEvents {
  const { store, outbox, lastSeen, isShown, onSession, onConnected } = dependencies;
  const isNewerFormatShown = () => store.getSnapshot().problem?.error.code === NEWER_FORMAT;
  return {
    onSession(session) {
      const { pending } = store.getSnapshot();
      store.set(withSession(store.getSnapshot(), session));
      if (pending && !store.getSnapshot().pending) outbox.clear(pending.id);
      if (!session) lastSeen.forget();
      else {
        if (isShown()) lastSeen.put(session);
        onSession(session);
      }
    },
    onEvents: (events) => store.set(withEvents(store.getSnapshot(), events)),
    onConnection(connection) {
      store.patch({ connection });
      if (connection !== "ok") return showLastSeen(store, lastSeen);
      if (isNewerFormatShown()) store.patch({ problem: null });
      onConnected();
    },
    onRefused(error) {
      // The follower is refused again by each older node; the problem is shown once.
      const isShownAlready = error.code === NEWER_FORMAT && isNewerFormatShown();
      store.patch({
        ...(!store.getSnapshot().session && { phase: "refused" }),
        ...(!isShownAlready && { problem: { error: userErrorOf(error), messageId: null } }),
      });
    },
    rev: () => store.getSnapshot().session?.rev ?? 0,
    cursor() {
      const { live } = store.getSnapshot();
      return live?.cursor ? `${live.replyId}.${live.cursor.epoch}.${live.cursor.seq}` : null;
    },
  };
}

/** Shows the copy of the session from this browser's storage while the server cannot be reached. */
export function showLastSeen(store: ChatStore, lastSeen: Pick<LastSeen, "read">): void {
  const kept = store.getSnapshot().phase === "loading" ? lastSeen.read() : null;
  if (kept) store.set({ ...withSession(store.getSnapshot(), kept), isKept: true });
}
