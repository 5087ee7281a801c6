import { useEffect, useLayoutEffect, useState } from "react";
import type { DrawingGuard } from "~/browser/page/drawing-guard";
import { useObservable } from "~/browser/page/use-observable";
import { markdownModule } from "~/components/markdown/markdown-loader";

/**
 * Notes which conversation is about to be drawn, before it is, and removes the note once it has been. Returns whether
 * the note is there: drawing may begin. It takes one more render before the first paint, so that nothing flickers.
 */
export function useDrawingGuard(guard: DrawingGuard, conversationId: string, isReady: boolean): boolean {
  const [mayDraw, setMayDraw] = useState(false);
  useLayoutEffect(() => {
    if (!isReady || mayDraw) return;
    guard.begin(conversationId);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- the note must be in storage before the next render
    setMayDraw(true);
  }, [guard, conversationId, isReady, mayDraw]);

  // Formatting may come later than the plain text, and is what costs the most.
  const isFormatted = useObservable(markdownModule) !== null;
  useEffect(() => {
    if (!mayDraw || !isFormatted) return;
    // After this has been painted, where the page is painted at all.
    const finish = () => setTimeout(() => guard.finish(conversationId));
    if (document.visibilityState === "visible") requestAnimationFrame(finish);
    else finish();
  }, [guard, conversationId, mayDraw, isFormatted]);
  return mayDraw;
}
