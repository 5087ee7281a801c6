import type { KeyboardEvent } from "react";

/**
 * Whether a key belongs to an input method, which composes a character of it, as in Japanese: Enter and Escape then end
 * only that. Safari says so of the last Enter only by its key code.
 */
export function isComposing({ nativeEvent, keyCode }: KeyboardEvent): boolean {
  return nativeEvent.isComposing || keyCode === 229;
}
