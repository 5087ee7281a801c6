/** Whether the browser can copy pictures: only on pages by https or of this machine. */
export function canCopyImages(): boolean {
  return typeof ClipboardItem !== "undefined" && "clipboard" in navigator;
}

/**
 * Copies a picture to the clipboard. False if the browser refuses, or the picture cannot be drawn.
 * @param png drawn meanwhile: Safari lets a page copy only in the task of a click
 */
export async function copyImage(png: Promise<Blob>): Promise<boolean> {
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
    return true;
  } catch {
    return false;
  }
}
