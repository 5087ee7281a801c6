let isPointerLast = false;

// Not on the server. For the life of the page.
if (typeof document !== "undefined") {
  for (const type of ["pointerdown", "keydown"])
    document.addEventListener(type, () => void (isPointerLast = type === "pointerdown"), true);
}

/**
 * Whether the person uses a pointer, not keys. Browsers show the focus of a clicked button, too, if it had it after a key:
 * when Escape had closed its menu, for example.
 */
export function isFocusedByPointer(element: Element | null): boolean {
  return isPointerLast || !element?.matches(":focus-visible");
}
