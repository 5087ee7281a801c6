import { SESSION_ID_PATTERN } from "~/conversation/session/session-id";
import type { SafeStorage } from "~/browser/storage/safe-storage";

const KEY = "holdfast.drawing";

/**
 * Detects that the last visit never finished drawing a conversation, because the page froze and was closed. This visit
 * then opens another conversation first. The id is stored before drawing, and removed afterwards.
 */
export type DrawingGuard = {
  /** The conversation that the last visit did not finish drawing. */
  unfinished: string | null;
  begin: (conversationId: string) => void;
  finish: (conversationId: string) => void;
};

export function createDrawingGuard(
  shared: SafeStorage,
  page: Pick<Window, "addEventListener">,
  isTemporary: (conversationId: string) => boolean,
): DrawingGuard {
  const noted = shared.get(KEY);
  let drawing: string | null = null;
  shared.remove(KEY);

  function finish(conversationId: string) {
    if (drawing !== conversationId) return;
    drawing = null;
    if (shared.get(KEY) === conversationId) shared.remove(KEY);
  }

  // A page that still handles events has not frozen.
  page.addEventListener("pagehide", () => {
    if (drawing !== null) finish(drawing);
  });
  return {
    unfinished: noted !== null && SESSION_ID_PATTERN.test(noted) ? noted : null,
    begin(conversationId) {
      // The storage of all tabs must not know of it.
      if (isTemporary(conversationId)) return;
      drawing = conversationId;
      shared.set(KEY, conversationId);
    },
    finish,
  };
}
