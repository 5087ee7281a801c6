/** Gives a browser time to begin a download before its source goes. */
const KEEP_MS = 60_000;

/** Hands bytes to the person as a download. */
export function saveBlob(blob: Blob, filename: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}
