import { useEffect, useLayoutEffect, useState } from "react";
import type { DrawingGuard } from "~/browser/page/drawing-guard";
import { pageClock } from "~/browser/page/page-clock";
import { useObservable } from "~/browser/page/use-observable";
import { markdownModule } from "~/components/markdown/markdown-loader";

/**
 * Stores which conversation is about to be drawn, and removes that after drawing (drawing-guard.ts). Returns whether it
 * is stored, so that drawing may begin. This takes one more render before the first paint, so that nothing flickers.
 */
export function useDrawingGuard(guard: DrawingGuard, conversationId: string, isReady: boolean): boolean {
  const [mayDraw, setMayDraw] = useState(false);
  useLayoutEffect(() => {
    if (!isReady || mayDraw) return;
    guard.begin(conversationId);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- the note must be in storage before the next render
    setMayDraw(true);
  }, [guard, conversationId, isReady, mayDraw]);

  // Formatting may follow the plain text later, and is the most expensive part.
  const isFormatted = useObservable(markdownModule) !== null;
  useEffect(() => {
    if (!mayDraw || !isFormatted) return;
    // After the paint; hidden pages are not painted.
    const finish = () => pageClock.after(0, () => guard.finish(conversationId));
    if (document.visibilityState === "visible") requestAnimationFrame(finish);
    else finish();
  }, [guard, conversationId, mayDraw, isFormatted]);
  return mayDraw;
}
