/** Puts text on the clipboard. False where the browser would not. */
export async function copyText(text: string): Promise<boolean> {
  try {
    // Missing on plain http, where many people run this.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.style.cssText = "position:fixed;inset:0;opacity:0";
  document.body.append(area);
  area.select();
  try {
    // Deprecated, and the only way that plain http has.
    return document.execCommand("copy");
  } finally {
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
