export type DrawingTurns = {
  /** Whether something of this length may be drawn at once. What is taken counts until the next task. */
  take: (length: number) => boolean;
  /** Calls back in a task in which it may be drawn, in the order of asking. Returns what calls that off. */
  wait: (length: number, onTurn: () => void) => () => void;
};

/**
 * Spreads costly drawing over tasks: so much is drawn in each, so that typing and scrolling go on in between. Counted
 * by the length of sources, not by a clock, so that the same page is drawn in the same steps.
 */
export function createDrawingTurns(
  lengthOfTask: number,
  later: (act: () => void) => unknown = setTimeout,
): DrawingTurns {
  let left = lengthOfTask;
  let isScheduled = false;
  const waiting: { length: number; onTurn: () => void }[] = [];

  function schedule() {
    if (isScheduled) return;
    isScheduled = true;
    later(next);
  }

  function next() {
    isScheduled = false;
    left = lengthOfTask;
    // What is longer than a task has one to itself.
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
