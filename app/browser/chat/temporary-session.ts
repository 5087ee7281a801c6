import type { Conversations } from "~/browser/conversations/conversations";
import type { PageClock } from "~/browser/page/page-clock";
import type { Toasts } from "~/browser/page/toasts";
import type { ApiClient } from "./api-client";
import type { OpenSessions } from "./open-sessions";
import { createTemporaryOwner } from "./temporary-owner";

/** Time in which leaving a temporary session can be undone, in milliseconds. */
const UNDO_MS = 10_000;
/**
 * Time until the page reports once more that its tab is open, in milliseconds: the note of the page before, or of another
 * tab, may arrive after the first of this one.
 */
const LATE_NOTE_MS = 20_000;

type Dependencies = {
  page: Pick<Window, "addEventListener">;
  conversations: Conversations;
  sessions: OpenSessions;
  api: Pick<ApiClient, "session">;
  toasts: Toasts;
  clock: Pick<PageClock, "after">;
  /** Undefined without locks, as on plain http. */
  locks: LockManager | undefined;
};

/**
 * Deletes the temporary session of this tab some seconds after it was left, or has the server do it when the tab is
 * closed. A page cannot know whether it is closed or reloaded, so the page after a reload takes that back. Of several tabs,
 * after one was duplicated, the last one that has it does so.
 * @returns to be called before another temporary session begins
 */
export function followTemporarySession(dependencies: Dependencies): () => void {
  const { page, conversations, sessions, api, toasts, clock, locks } = dependencies;
  const { temporary } = conversations;
  const owner = createTemporaryOwner(locks, () => {
    noteIfSaved(false);
    clock.after(LATE_NOTE_MS, () => noteIfSaved(false));
    refresh();
  });
  let cancelDeletion: (() => void) | null = null;

  /** The server has the session, or a message is on its way that begins it. */
  const hasBegun = (id: string) => temporary.isSaved() || sessions.get(id).getSnapshot().pending !== null;

  function deleteLeft() {
    cancelDeletion?.();
    cancelDeletion = null;
    const temporaryId = temporary.id();
    const { currentId } = conversations.getSnapshot();
    if (temporaryId === null || temporaryId === currentId) return;
    const isBegun = hasBegun(temporaryId);
    const session = sessions.get(temporaryId);
    // What has failed is not sent later.
    session.editUnsent();
    sessions.delete(temporaryId);
    temporary.end();
    void owner.release().then((isLast) => {
      if (!isBegun || !isLast) return;
      session.remove().catch((error: unknown) => {
        toasts.failure((t, why) => t("temporary.notDeleted", { why }), error);
        void note(temporaryId, true);
      });
    });
  }

  const note = (id: string, isClosed: boolean) =>
    api
      .session(id)
      .noteTab(isClosed)
      // The server deletes the session a day after its last use all the same.
      .catch(() => undefined);

  function noteIfSaved(isClosed: boolean) {
    const temporaryId = temporary.id();
    if (temporaryId !== null && temporary.isSaved() && owner.isOwner()) void note(temporaryId, isClosed);
  }

  function refresh() {
    const temporaryId = temporary.id();
    const { currentId } = conversations.getSnapshot();
    const isLeft = temporaryId !== null && temporaryId !== currentId;
    if (temporaryId !== null) owner.claim(temporaryId);
    if (!isLeft) {
      cancelDeletion?.();
      cancelDeletion = null;
    } else if (!hasBegun(temporaryId)) {
      deleteLeft();
    } else if (cancelDeletion === null && owner.isOwner()) {
      cancelDeletion = clock.after(UNDO_MS, deleteLeft);
      toasts.info((t) => t("temporary.deleted"), {
        label: (t) => t("deletion.undo"),
        act: () => temporary.is(temporaryId) && conversations.open(temporaryId),
      });
    }
  }

  refresh();
  conversations.subscribe(refresh);
  page.addEventListener("pagehide", () => noteIfSaved(true));
  page.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) noteIfSaved(false);
  });
  return deleteLeft;
}
