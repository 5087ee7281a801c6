import type { QueuedView } from "~/conversation/api";
import { attachmentParts } from "~/conversation/files/attachment";
import type { Draft } from "~/browser/drafts/draft";
import { partsOf } from "~/browser/drafts/outbox";
import { ApiError } from "~/browser/chat/api-error";
import { waitingOf, type QueueChange } from "~/browser/chat/chat-state";
import { onePerSession, type RequestContext } from "./request-context";

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

type OnFailed = (error: unknown) => void;

export const queueRequestsOf = onePerSession(createQueueRequests);

function createQueueRequests(context: RequestContext): QueueRequests {
  const { store, api, draft, edits, retrying, readAgain } = context;
  const waiting = () => waitingOf(store.getSnapshot());
  let last = Promise.resolve();
  let unanswered = 0;
  const answered = new Set<QueueChange>();

  const replace = (by: (change: QueueChange) => QueueChange[]) =>
    store.patch({ queueChanges: store.getSnapshot().queueChanges.flatMap(by) });

  /** Shows a change at once, and asks for it after those before it: two that overtake each other differ. */
  function change(apply: QueueChange["apply"], request: () => Promise<unknown>, onFailed?: OnFailed) {
    const shown: QueueChange = { apply, isSaved: false };
    store.patch({ queueChanges: [...store.getSnapshot().queueChanges, shown] });
    unanswered++;
    last = last.then(() => save(shown, request, onFailed));
  }

  /** Never rejects: a failure is shown at the session. */
  async function save(change: QueueChange, request: () => Promise<unknown>, onFailed?: OnFailed) {
    try {
      await retrying(request);
      answered.add(change);
    } catch (error) {
      replace((each) => (each === change ? [] : [each]));
      onFailed?.(error);
      store.report(error);
    }
    unanswered--;
    if (unanswered === 0) showSaved();
  }

  /** What is being read now may be older than the last answer, so it is read anew, and only then the changes go. */
  function showSaved() {
    replace((each) => [answered.has(each) ? { ...each, isSaved: true } : each]);
    answered.clear();
    readAgain();
  }

  return {
    edit(id, text) {
      const item = waiting().find((each) => each.id === id);
      edits.put(id, null);
      // Sent or removed meanwhile.
      if (!item) return keepText(draft, text);
      const parts = partsOf({ text, files: attachmentParts(item.parts) });
      const edited = (each: QueuedView) => (each.id === id ? { ...each, parts } : each);
      change(
        (queue) => queue.map(edited),
        () => api.editQueued(id, { parts }),
        (error) => {
          const isTooLate = error instanceof ApiError && (error.status === 409 || error.status === 404);
          if (isTooLate) keepText(draft, text);
          else edits.put(id, text);
        },
      );
    },
    move(id, by) {
      const queue = waiting();
      const from = queue.findIndex((each) => each.id === id);
      const to = from + by;
      if (from === -1 || to < 0 || to >= queue.length) return;
      const before = queue.filter((each) => each.id !== id)[to]?.id ?? null;
      change(
        (now) =>
          placed(
            now,
            now.find((each) => each.id === id),
            before,
          ),
        () => api.editQueued(id, { before }),
      );
    },
    remove(id) {
      const queue = waiting();
      const index = queue.findIndex((each) => each.id === id);
      const item = queue[index];
      if (!item) return null;
      const before = queue[index + 1]?.id ?? null;
      change(
        (now) => now.filter((each) => each.id !== id),
        () => api.removeQueued(id),
      );
      return () =>
        change(
          (now) => placed(now, item, before),
          () => api.editQueued(id, { parts: item.parts, before, restore: true }),
        );
    },
    resume: () => change((queue) => queue, api.resumeQueue),
  };
}

/** The queue with the item before another one; at its end where that does not wait. */
function placed(queue: readonly QueuedView[], item: QueuedView | undefined, before: string | null) {
  if (!item) return queue;
  const others = queue.filter((each) => each.id !== item.id);
  const index = others.findIndex((each) => each.id === before);
  return others.toSpliced(index === -1 ? others.length : index, 0, item);
}

function keepText(draft: Draft, text: string) {
  draft.set([text, draft.getSnapshot()].filter((each) => each.trim() !== "").join("\n\n"));
}
