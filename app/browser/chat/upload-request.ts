export type UploadOptions = {
  headers: Record<string, string>;
  body: Blob;
  signal: AbortSignal;
  /** Told of the bytes that have gone out, so far. */
  onProgress: (bytes: number) => void;
};

/** A POST that tells how far it is, which `fetch` cannot. Rejects where there is no answer, as `fetch` does. */
export type UploadRequest = (path: string, options: UploadOptions) => Promise<Response>;

/** Longer than any node is silent: a connection that has died is told of no sooner. */
const SILENT_FOR_MS = 30_000;

export const uploadRequest: UploadRequest = (path, { headers, body, signal, onProgress }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let silence: ReturnType<typeof setTimeout>;
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), SILENT_FOR_MS);
    };
    const abort = () => request.abort();
    request.open("POST", path);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.responseType = "text";
    request.upload.onprogress = ({ loaded }) => {
      listen();
      onProgress(loaded);
    };
    request.onload = () => {
      const node = request.getResponseHeader("X-Node");
      resolve(
        new Response(request.responseText, {
          status: request.status,
          headers: node ? { "X-Node": node } : {},
        }),
      );
    };
    request.onerror = () => reject(new TypeError("The upload failed."));
    request.onabort = () =>
      reject(signal.aborted ? (signal.reason as Error) : new Error("No answer in time."));
    request.onloadend = () => {
      clearTimeout(silence);
      signal.removeEventListener("abort", abort);
    };
    signal.addEventListener("abort", abort);
    listen();
    request.send(body);
    if (signal.aborted) request.abort();
  });
