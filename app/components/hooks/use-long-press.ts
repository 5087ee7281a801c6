import { useRef, type MouseEvent, type PointerEvent } from "react";
import { pageClock } from "~/browser/page/page-clock";

/** Before browsers begin to drag a link, or show its menu. */
const LONG_PRESS_MS = 450;
/** A finger that moves so many pixels scrolls. */
const STILL_WITHIN_PX = 10;

/** Handlers for an element that a finger can press long. */
export function useLongPress(act: () => void) {
  const pressed = useRef<{ x: number; y: number; cancel: () => void } | null>(null);

  function end() {
    pressed.current?.cancel();
    pressed.current = null;
  }

  return {
    onPointerDown({ pointerType, clientX: x, clientY: y }: PointerEvent) {
      end();
      if (pointerType !== "touch") return;
      const cancel = pageClock.after(LONG_PRESS_MS, () => {
        swallowClick();
        act();
      });
      pressed.current = { x, y, cancel };
    },
    onPointerMove({ clientX, clientY }: PointerEvent) {
      const { x, y } = pressed.current ?? { x: clientX, y: clientY };
      if (Math.hypot(clientX - x, clientY - y) > STILL_WITHIN_PX) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
    // The browser's own menu of a link would cover what the long press has done.
    onContextMenu: (event: MouseEvent) => pressed.current && event.preventDefault(),
  };
}

/** The click of the finger that is lifted now would act on what stands there by then. */
function swallowClick(): void {
  const stop = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  const options = { capture: true, once: true };
  document.addEventListener("click", stop, options);
  document.addEventListener(
    "pointerdown",
    () => document.removeEventListener("click", stop, options),
    options,
  );
}
