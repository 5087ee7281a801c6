import type { QueueEditBody, QueuedView } from "~/conversation/api";
import { attachmentParts } from "~/conversation/files/attachment";
import type { Draft } from "~/browser/drafts/draft";
import { partsOf } from "~/browser/drafts/outbox";
import type { UnfinishedEdits } from "~/browser/drafts/unfinished-edits";
import { ApiError } from "~/browser/chat/api-error";
import { waitingOf } from "~/browser/chat/chat-state";
import type { ChatStore } from "~/browser/chat/chat-store";
import type { SessionApi } from "~/browser/chat/session-api";

/** Changes of the messages that wait for an answer. Each is shown at once, and taken back where it fails. */
export type QueueRequests = {
  /** Replaces the text of a waiting message. If it was sent meanwhile, the text goes into the composer. */
  edit: (id: string, text: string) => void;
  /** Moves a waiting message by one place. */
  move: (id: string, by: -1 | 1) => void;
  /** Removes a waiting message. @returns brings it back to its place; null where it did not wait */
  remove: (id: string) => (() => void) | null;
  /** Lets a paused queue go on. */
  resume: () => void;
};

export type QueueContext = {
  store: ChatStore;
  api: Pick<SessionApi, "editQueued" | "removeQueued" | "resumeQueue">;
  draft: Draft;
  edits: UnfinishedEdits;
  /** Repeats a request that has failed for a passing reason. */
  retrying: <T>(request: () => Promise<T>) => Promise<T>;
  /** Called after each request: the session is to be read again. */
  onChanged: () => void;
};

export function createQueueRequests({
  store,
  api,
  draft,
  edits,
  retrying,
  onChanged,
}: QueueContext): QueueRequests {
  const waiting = () => waitingOf(store.getSnapshot().session);

  function show(queue: readonly QueuedView[]) {
    const { session } = store.getSnapshot();
    if (session) store.patch({ session: { ...session, queue: [...queue] } });
  }

  /** Never rejects: a failure is shown at the session. */
  async function ask(request: () => Promise<unknown>, onFailed: (error: unknown) => void = () => undefined) {
    try {
      await retrying(request);
    } catch (error) {
      onFailed(error);
      store.report(error);
    }
    onChanged();
  }

  const change = (id: string, edit: QueueEditBody, onFailed?: (error: unknown) => void) =>
    ask(() => api.editQueued(id, edit), onFailed);

  return {
    edit(id, text) {
      const item = waiting().find((each) => each.id === id);
      edits.put(id, null);
      // Sent or removed meanwhile.
      if (!item) return keepText(draft, text);
      const parts = partsOf({ text, files: attachmentParts(item.parts) });
      show(waiting().map((each) => (each.id === id ? { ...each, parts } : each)));
      void change(id, { parts }, (error) => {
        const isTooLate = error instanceof ApiError && (error.status === 409 || error.status === 404);
        if (isTooLate) keepText(draft, text);
        else edits.put(id, text);
      });
    },
    move(id, by) {
      const queue = waiting();
      const from = queue.findIndex((each) => each.id === id);
      const to = from + by;
      if (from === -1 || to < 0 || to >= queue.length) return;
      const others = queue.filter((each) => each.id !== id);
      show(others.toSpliced(to, 0, queue[from]!));
      void change(id, { before: others[to]?.id ?? null });
    },
    remove(id) {
      const queue = waiting();
      const index = queue.findIndex((each) => each.id === id);
      const item = queue[index];
      if (!item) return null;
      const next = queue[index + 1]?.id;
      show(queue.filter((each) => each !== item));
      void ask(() => api.removeQueued(id));
      return () => void change(id, { parts: item.parts, before: next ?? null, restore: true });
    },
    resume: () => void ask(api.resumeQueue),
  };
}

function keepText(draft: Draft, text: string) {
  draft.set([text, draft.getSnapshot()].filter((each) => each.trim() !== "").join("\n\n"));
}
