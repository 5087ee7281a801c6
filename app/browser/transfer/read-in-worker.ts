import { PageError } from "~/browser/chat/api-error";
import { loadCode } from "~/browser/page/load-code";
import type { FileLimits } from "./foreign-conversation";
import type { FoundConversation } from "./read-export";

export type ReadRequest = { start?: { file: Blob; limits: FileLimits } };
export type ReadAnswer = { kind: "total"; total: number } | FoundConversation | { kind: "end" };

/** What is used of a `Worker` that reads one file. */
export type ExportWorker = {
  postMessage(request: ReadRequest): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<ReadAnswer>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
};

/**
 * `readExport` in a worker, so that the page responds while an export of hundreds of megabytes is read. One conversation
 * is asked for at a time, and one more is read meanwhile. After the signal nothing more is read.
 *
 * @throws PageError `unreachable` where the code of the worker cannot be loaded
 */
export async function* readInWorker(
  file: Blob,
  limits: FileLimits,
  onTotal: (total: number) => void,
  signal: AbortSignal,
): AsyncGenerator<FoundConversation> {
  const { startImportWorker } = await loadCode(() => import("./import-worker.client"));
  const worker = startImportWorker();
  let settle = { resolve: (_: ReadAnswer) => {}, reject: (_: Error) => {} };
  const ask = (request: ReadRequest) =>
    new Promise<ReadAnswer>((resolve, reject) => {
      settle = { resolve, reject };
      worker.postMessage(request);
    });
  worker.onmessage = ({ data }) => settle.resolve(data);
  worker.onerror = () => settle.reject(new PageError("unreachable"));
  signal.addEventListener("abort", () => settle.resolve({ kind: "end" }));
  try {
    for (let request: ReadRequest = { start: { file, limits } }; !signal.aborted; request = {}) {
      const answer = await ask(request);
      if (answer.kind === "end") return;
      if (answer.kind === "total") onTotal(answer.total);
      else yield answer;
    }
  } finally {
    worker.terminate();
  }
}
