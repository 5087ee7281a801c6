export const COMPOSER_ID = "message";

/**
 * Moves the focus to the composer after the pressed button has disappeared. Not on a touch screen, where the keyboard
 * would open over the text.
 */
export function focusComposer(): void {
  if (!isTouchScreen()) document.getElementById(COMPOSER_ID)?.focus();
}

/** The default without a preference. On a touch screen, Enter is the only way to break a line. */
export function enterSendsHere(): boolean {
  return !isTouchScreen();
}

function isTouchScreen(): boolean {
  return window.matchMedia("(hover: none) and (pointer: coarse)").matches;
}
