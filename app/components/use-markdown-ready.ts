import { useEffect, useState } from "react";
import { useObservable } from "~/browser/use-observable";
import { loadMarkdown, markdownModule } from "./markdown-loader";

const PATIENCE_MS = 1_000;

/** Whether messages can be drawn as they will stay; true as well when that takes too long to wait for. */
export function useMarkdownReady(): boolean {
  const isLoaded = useObservable(markdownModule) !== null;
  const [isPatienceOver, setIsPatienceOver] = useState(false);
  useEffect(() => {
    void loadMarkdown();
    const timer = setTimeout(() => setIsPatienceOver(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return isLoaded || isPatienceOver;
}
