import type { KeyboardEvent } from "react";

export const COMPOSER_ID = "message";

/**
 * Moves the focus to the composer after the pressed button has disappeared. Not on a touch screen, where the keyboard
 * would open over the text.
 */
export function focusComposer(): void {
  if (!isTouchScreen()) document.getElementById(COMPOSER_ID)?.focus();
}

/** The same, in the next frame, if no element has the focus then: the one that had it may have disappeared. */
export function focusComposerIfLost(): void {
  requestAnimationFrame(() => document.activeElement === document.body && focusComposer());
}

/** The default without a preference. On a touch screen, Enter is the only way to break a line. */
export function enterSendsHere(): boolean {
  return !isTouchScreen();
}

/** Whether a key sends the text. Enter during the composition of a word, as in Japanese, only ends that. */
export function isSendKey(event: KeyboardEvent, enterSends: boolean | null): boolean {
  const { key, keyCode, shiftKey, ctrlKey, metaKey } = event;
  // Safari marks the Enter that ends a composition only by its key code.
  if (key !== "Enter" || shiftKey || event.nativeEvent.isComposing || keyCode === 229) return false;
  return ctrlKey || metaKey || (enterSends ?? enterSendsHere());
}

function isTouchScreen(): boolean {
  return window.matchMedia("(hover: none) and (pointer: coarse)").matches;
}
