import { useEffect, useState } from "react";
import { pageClock } from "~/browser/page/page-clock";
import { useObservable } from "~/browser/page/use-observable";
import { markdownModule } from "./markdown-loader";

const PATIENCE_MS = 1_000;
/** Delay after which the page has been drawn, on a network of acceptable speed. */
const REST_MS = 1_000;

/**
 * Whether the Markdown renderer is loaded; also true if that takes too long. Without messages, the renderer is loaded
 * later, after the code that the person is waiting for.
 */
export function useMarkdownReady(isNeeded: boolean): boolean {
  const isLoaded = useObservable(markdownModule) !== null;
  const [isPatienceOver, setIsPatienceOver] = useState(false);
  useEffect(() => {
    if (isNeeded) void markdownModule.load();
    const act = isNeeded ? () => setIsPatienceOver(true) : () => void markdownModule.load();
    return pageClock.after(isNeeded ? PATIENCE_MS : REST_MS, act);
  }, [isNeeded]);
  return isLoaded || isPatienceOver;
}
