import type { HighlightAnswer, HighlightRequest, HighlightWorker } from "./code-highlighter";

/** Starts this module as a worker. The page itself does not load the languages. */
export function startHighlightWorker(): HighlightWorker {
  return new Worker(import.meta.url, { type: "module" });
}

if (typeof document === "undefined") {
  void import("./highlight-code.client").then(({ highlightCode }) => {
    self.onmessage = ({ data: { id, code, language } }: MessageEvent<HighlightRequest>) => {
      answer({ id, nodes: highlightCode(code, language) });
    };
    answer({ isReady: true });
  });
}

function answer(message: HighlightAnswer): void {
  self.postMessage(message);
}
