/**
 * To be called when a dialog was closed. Browsers return the focus to the field that had it, but Chromium leaves the caret
 * where it was in the dialog: what is typed next would be lost. Focused anew, the field has its own caret again.
 *
 * @param field what had the focus before the dialog; nothing happens if something else has it now
 */
export function restoreCaret(field: Element | null | undefined): void {
  if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement)) return;
  if (document.activeElement !== field) return;
  field.blur();
  field.focus({ preventScroll: true });
}
