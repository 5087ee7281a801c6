import type { KeyboardEvent } from "react";
import { isComposing } from "~/components/primitives/is-composing";

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

/** Whether a key sends the text. */
export function isSendKey(event: KeyboardEvent, enterSends: boolean | null): boolean {
  const { key, shiftKey, ctrlKey, metaKey } = event;
  if (key !== "Enter" || shiftKey || isComposing(event)) return false;
  return ctrlKey || metaKey || (enterSends ?? enterSendsHere());
}

export function isTouchScreen(): boolean {
  return window.matchMedia("(hover: none) and (pointer: coarse)").matches;
}
