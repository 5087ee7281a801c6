import { useEffect, useState } from "react";
import { useObservable } from "~/browser/page/use-observable";
import { loadMarkdown, markdownModule } from "./markdown-loader";

const PATIENCE_MS = 1_000;
/** The page has been drawn by then, over a network that is worth waiting for. */
const REST_MS = 1_000;

/**
 * Whether messages can be drawn as they will stay; true as well when that takes too long to wait for. Where there is
 * no message yet, the renderer comes when the page has come to rest: what the person waits for comes first.
 */
export function useMarkdownReady(isNeeded: boolean): boolean {
  const isLoaded = useObservable(markdownModule) !== null;
  const [isPatienceOver, setIsPatienceOver] = useState(false);
  useEffect(() => {
    if (isNeeded) void loadMarkdown();
    const act = isNeeded ? () => setIsPatienceOver(true) : () => void loadMarkdown();
    const timer = setTimeout(act, isNeeded ? PATIENCE_MS : REST_MS);
    return () => clearTimeout(timer);
  }, [isNeeded]);
  return isLoaded || isPatienceOver;
}
