import type { ExportWorker, ReadAnswer, ReadRequest } from "./read-in-worker";
import { readExport, type FoundConversation } from "./read-export";

/** Starts this module as a worker, as highlight-worker.client.ts does; in development its code runs in the page. */
export function startImportWorker(): ExportWorker {
  if ("hot" in import.meta) return readInPage();
  return new Worker(import.meta.url, { type: "module" });
}

function readInPage(): ExportWorker {
  const answer = createAnswers();
  const worker: ExportWorker = {
    onmessage: null,
    onerror: null,
    postMessage: (request) =>
      void answer(request).then((data) => worker.onmessage?.(new MessageEvent("message", { data }))),
    terminate: () => undefined,
  };
  return worker;
}

/** The first request has the file; each later one asks for the next conversation in it. */
function createAnswers(): (request: ReadRequest) => Promise<ReadAnswer> {
  let conversations: AsyncGenerator<FoundConversation>;
  let next: Promise<IteratorResult<FoundConversation>>;
  return async ({ start }) => {
    if (start) {
      let total = 0;
      conversations = readExport(start.file, start.limits, (count) => (total = count));
      next = conversations.next();
      await next;
      return { kind: "total", total };
    }
    const { value, done } = await next;
    next = conversations.next();
    return done ? { kind: "end" } : value;
  };
}

if (typeof document === "undefined") {
  const answer = createAnswers();
  self.onmessage = ({ data }: MessageEvent<ReadRequest>) =>
    void answer(data).then((made) => self.postMessage(made));
}
