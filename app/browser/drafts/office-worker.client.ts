import type { OfficeAnswer, OfficeRequest, OfficeWorker } from "./convert-office";

/** Starts this module as a worker, as highlight-worker.client.ts does; in development its code runs in the page. */
export function startOfficeWorker(): OfficeWorker {
  if ("hot" in import.meta) return convertInPage();
  return new Worker(import.meta.url, { type: "module" });
}

function convertInPage(): OfficeWorker {
  const worker: OfficeWorker = {
    onmessage: null,
    onerror: null,
    postMessage: (request) =>
      void answerTo(request).then((data) => worker.onmessage?.(new MessageEvent("message", { data }))),
    terminate: () => undefined,
  };
  return worker;
}

async function answerTo({ kind, bytes }: OfficeRequest): Promise<OfficeAnswer> {
  try {
    const { officeText } = await import("./office-text.client");
    return { text: await officeText(kind, bytes) };
  } catch {
    return { text: null };
  }
}

if (typeof document === "undefined") {
  self.onmessage = ({ data }: MessageEvent<OfficeRequest>) =>
    void answerTo(data).then((answer) => self.postMessage(answer));
}
