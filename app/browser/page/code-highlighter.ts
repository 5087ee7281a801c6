import { pageClock, type PageClock } from "./page-clock";

/** A text, or an element with classes. */
export type HighlightedNode = string | { className: string; children: readonly HighlightedNode[] };

export type HighlightRequest = { id: number; code: string; language: string };
export type HighlightAnswer = { isReady: true } | { id: number; nodes: HighlightedNode[] | null };

/** What is used of a `Worker` that answers each request, and says first that it is ready. */
export type HighlightWorker = {
  postMessage(request: HighlightRequest): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<HighlightAnswer>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
};

export type CodeHighlighter = {
  /** @returns null where the language is unknown, or highlighting takes too long */
  highlight(code: string, language: string): Promise<readonly HighlightedNode[] | null>;
};

/** Time for one piece of code, from its turn on: many times what long ordinary code takes on a slow phone. */
const DEADLINE_MS = 3_000;

/**
 * Highlights code in a worker, one piece at a time. The highlighters search with regular expressions that take quadratic
 * time or worse on some texts: in the page, one line of the letter "a" as C would block it for a minute. A worker that
 * misses the deadline is ended, and another one does the rest.
 * @param start starts a worker; a failure leaves code without colour
 */
export function createCodeHighlighter(
  start: () => Promise<HighlightWorker>,
  clock: Pick<PageClock, "after"> = pageClock,
): CodeHighlighter {
  type Waiting = HighlightRequest & { resolve: (nodes: HighlightedNode[] | null) => void };
  const waiting: Waiting[] = [];
  let worker: HighlightWorker | null = null;
  let isStarting = false;
  let isReady = false;
  let lastId = 0;
  let cancelDeadline = () => {};

  async function open() {
    isStarting = true;
    worker = await start().catch(() => null);
    isStarting = false;
    if (!worker) return giveUpAll();
    worker.onmessage = ({ data }) => ("isReady" in data ? onReady() : onAnswer(data));
    worker.onerror = () => giveUpAll();
  }

  function onReady() {
    isReady = true;
    sendFirst();
  }

  function onAnswer({ id, nodes }: Exclude<HighlightAnswer, { isReady: true }>) {
    if (waiting[0]?.id !== id) return;
    waiting.shift()!.resolve(nodes);
    sendFirst();
  }

  function sendFirst() {
    cancelDeadline();
    const [first] = waiting;
    if (!first) return;
    if (!worker && !isStarting) void open();
    if (!worker || !isReady) return;
    const { id, code, language } = first;
    worker.postMessage({ id, code, language });
    cancelDeadline = clock.after(DEADLINE_MS, onDeadline);
  }

  function onDeadline() {
    end();
    waiting.shift()?.resolve(null);
    sendFirst();
  }

  /** The worker could not be loaded. It is tried again with the next code. */
  function giveUpAll() {
    end();
    for (const { resolve } of waiting.splice(0)) resolve(null);
  }

  function end() {
    cancelDeadline();
    worker?.terminate();
    worker = null;
    isReady = false;
  }

  return {
    highlight: (code, language) =>
      new Promise((resolve) => {
        waiting.push({ id: ++lastId, code, language, resolve });
        if (waiting.length === 1) sendFirst();
      }),
  };
}
