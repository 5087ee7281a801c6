/** Copies text to the clipboard. False if the browser refuses. */
export async function copyText(text: string): Promise<boolean> {
  try {
    // Missing on plain http, which many self-hosted servers use.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/**
 * Copies a text that is still awaited. Safari lets a page copy only during a click, and takes the text later.
 * @throws what `text` rejects with
 */
export async function copyAwaited(text: Promise<string>): Promise<boolean> {
  const blob = text.then((known) => new Blob([known], { type: "text/plain" }));
  try {
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    return true;
  } catch {
    return copyText(await text);
  }
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.style.cssText = "position:fixed;inset:0;opacity:0";
  // Elements outside an open modal dialog cannot be selected.
  (focused?.closest("dialog") ?? document.body).append(area);
  area.select();
  try {
    // Deprecated, but the only way on plain http.
    return document.execCommand("copy");
  } finally {
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
