import type { PageClock } from "~/browser/page/page-clock";

export type UploadOptions = {
  headers: Record<string, string>;
  body: Blob;
  signal: AbortSignal;
  /** Called with the number of bytes sent so far. */
  onProgress: (bytes: number) => void;
};

/** A POST that reports its progress, which `fetch` cannot. Rejects if there is no answer, as `fetch` does. */
export type UploadRequest = (path: string, options: UploadOptions) => Promise<Response>;

/** An upload that makes no progress for this long is given up, in milliseconds. */
const SILENCE_MS = 30_000;

export function createUploadRequest(clock: Pick<PageClock, "after">): UploadRequest {
  return (path, { headers, body, signal, onProgress }) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      let cancel = () => {};
      const onActivity = () => {
        cancel();
        cancel = clock.after(SILENCE_MS, () => request.abort());
      };
      const abort = () => request.abort();
      request.open("POST", path);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.responseType = "text";
      request.upload.onprogress = ({ loaded }) => {
        onActivity();
        onProgress(loaded);
      };
      request.onload = () => {
        const node = request.getResponseHeader("X-Node");
        const init = { status: request.status, headers: node ? { "X-Node": node } : {} };
        resolve(new Response(request.responseText, init));
      };
      request.onerror = () => reject(new TypeError("The upload failed."));
      request.onabort = () =>
        reject(signal.aborted ? (signal.reason as Error) : new Error("No answer in time."));
      request.onloadend = () => {
        cancel();
        signal.removeEventListener("abort", abort);
      };
      signal.addEventListener("abort", abort);
      onActivity();
      request.send(body);
      if (signal.aborted) request.abort();
    });
}
