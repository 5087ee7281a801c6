import type { PageClock } from "./page-clock";

export type DrawingTurns = {
  /** Whether a source of this length may be drawn at once. If so, it counts against the budget of this task. */
  take: (length: number) => boolean;
  /** Calls `onTurn` in a later task that has room for it, in the order of the calls. @returns cancels that */
  wait: (length: number, onTurn: () => void) => () => void;
};

/**
 * Spreads expensive drawing over tasks, so that typing and scrolling stay responsive in between. The budget of a task
 * is a total length of sources instead of a time, so that the same page is always drawn in the same steps.
 * @param lengthOfTask the budget, in characters
 */
export function createDrawingTurns(lengthOfTask: number, clock: Pick<PageClock, "after">): DrawingTurns {
  let left = lengthOfTask;
  let isScheduled = false;
  const waiting: { length: number; onTurn: () => void }[] = [];

  function schedule() {
    if (isScheduled) return;
    isScheduled = true;
    clock.after(0, next);
  }

  function next() {
    isScheduled = false;
    left = lengthOfTask;
    // A source that is longer than the budget gets a task to itself.
    while (waiting[0] && (waiting[0].length <= left || left === lengthOfTask)) {
      const { length, onTurn } = waiting.shift()!;
      left -= length;
      onTurn();
    }
    if (waiting.length > 0) schedule();
  }

  return {
    take(length) {
      if (waiting.length > 0 || (length > left && left < lengthOfTask)) return false;
      left -= length;
      schedule();
      return true;
    },
    wait(length, onTurn) {
      const entry = { length, onTurn };
      waiting.push(entry);
      schedule();
      return () => {
        const at = waiting.indexOf(entry);
        if (at >= 0) waiting.splice(at, 1);
      };
    },
  };
}
