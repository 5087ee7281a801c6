import type { HighlightAnswer, HighlightRequest, HighlightWorker } from "./code-highlighter";

/**
 * Starts this module as a worker. The page itself does not load the languages, but in development: there Remix adds code to
 * each module, for its reloads, that cannot run in a worker.
 */
export function startHighlightWorker(): HighlightWorker {
  if ("hot" in import.meta) return highlightInPage();
  return new Worker(import.meta.url, { type: "module" });
}

/** The worker's stand-in. It has no deadline: code on which a highlighter takes minutes holds the page for as long. */
function highlightInPage(): HighlightWorker {
  const loading = import("./highlight-code.client");
  const answer = (data: HighlightAnswer) => worker.onmessage?.(new MessageEvent("message", { data }));
  const worker: HighlightWorker = {
    onmessage: null,
    onerror: null,
    postMessage: ({ id, code, language }) =>
      void loading.then(({ highlightCode }) => answer({ id, nodes: highlightCode(code, language) })),
    terminate: () => undefined,
  };
  void loading.then(() => answer({ isReady: true }));
  return worker;
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
