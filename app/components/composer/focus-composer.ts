export const COMPOSER_ID = "message";

/**
 * Puts the focus where the person goes on, after what they pressed has gone away. Not on a touch screen: that
 * would bring up the keyboard, over the very text that is to be read.
 */
export function focusComposer(): void {
  if (!isTouchScreen()) document.getElementById(COMPOSER_ID)?.focus();
}

/** Where nobody has chosen: on a touch screen, Enter is the only way to break a line. */
export function enterSendsHere(): boolean {
  return !isTouchScreen();
}

function isTouchScreen(): boolean {
  return window.matchMedia("(hover: none) and (pointer: coarse)").matches;
}
