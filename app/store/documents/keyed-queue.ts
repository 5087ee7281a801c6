/** Runs a task after those that were added under the same key before, and rejects as the task does. */
export type KeyedQueue = <T>(key: string, task: () => Promise<T>) => Promise<T>;

/**
 * Runs the tasks of one key one after another, and those of different keys side by side.
 * @param maxWaiting tasks of all keys that may wait before more are refused with `onOverflow`'s error
 */
export function createKeyedQueue({
  maxWaiting,
  onOverflow,
}: {
  maxWaiting: number;
  onOverflow: () => Error;
}): KeyedQueue {
  const last = new Map<string, Promise<unknown>>();
  let waiting = 0;
  return async function enqueue<T>(key: string, task: () => Promise<T>): Promise<T> {
    if (waiting >= maxWaiting) throw onOverflow();
    waiting += 1;
    const start = () => {
      waiting -= 1;
      return task();
    };
    const turn = (last.get(key) ?? Promise.resolve()).then(start, start);
    last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (last.get(key) === turn) last.delete(key);
    }
  };
}
