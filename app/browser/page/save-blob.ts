import { pageClock } from "./page-clock";

/** Time for the browser to begin the download before its source is released. */
const KEEP_MS = 60_000;

/** Offers a file as a download. */
export function saveBlob(blob: Blob, filename: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.click();
  pageClock.after(KEEP_MS, () => URL.revokeObjectURL(url));
}
