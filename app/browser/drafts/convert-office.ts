import { loadCode } from "~/browser/page/load-code";
import { pageClock, type PageClock } from "~/browser/page/page-clock";

export type OfficeKind = "docx" | "xlsx" | "pptx";
export type OfficeRequest = { kind: OfficeKind; bytes: Uint8Array };
/** Null for a document that cannot be read. */
export type OfficeAnswer = { text: string | null };

/** What is used of a `Worker` that converts one document. */
export type OfficeWorker = {
  postMessage(request: OfficeRequest): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<OfficeAnswer>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
};

/** Many times what a long document takes on a slow phone, with the loading of the code. */
const DEADLINE_MS = 30_000;

/** The kind of an Office document, by its name; null for any other file. */
export function officeKind(filename: string): OfficeKind | null {
  const ending = /\.(docx|xlsx|pptx)$/i.exec(filename)?.[1]?.toLowerCase();
  return (ending as OfficeKind | undefined) ?? null;
}

/**
 * Converts an Office document to text, in a worker that is ended at a deadline: parsers may take very long on a hostile
 * document, which then ends only this conversion. The server never parses one.
 * @returns null where it cannot be read, or takes too long. Rejects where the code of the worker cannot be loaded
 */
export async function convertOffice(
  file: Blob,
  kind: OfficeKind,
  start: () => Promise<OfficeWorker> = startWorker,
  clock: Pick<PageClock, "after"> = pageClock,
): Promise<string | null> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const worker = await start();
  let cancel = () => {};
  try {
    return await new Promise<string | null>((resolve) => {
      cancel = clock.after(DEADLINE_MS, () => resolve(null));
      worker.onmessage = ({ data }) => resolve(data.text);
      worker.onerror = () => resolve(null);
      worker.postMessage({ kind, bytes });
    });
  } finally {
    cancel();
    worker.terminate();
  }
}

async function startWorker(): Promise<OfficeWorker> {
  const { startOfficeWorker } = await loadCode(() => import("./office-worker.client"));
  return startOfficeWorker();
}
