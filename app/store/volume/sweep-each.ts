import { ExpectedError } from "~/conversation/expected-error";

/** Items in a row that cannot be swept, after which the volume is held to be the reason. */
const MAX_IN_A_ROW = 20;

/**
 * Sweeps items one by one until the signal aborts. An item that cannot be swept, such as a folder in the place of a file,
 * is left, and keeps no other one from being swept.
 * @throws where items were left, after all others, an error with the reason of the first; at once, the error of a volume
 * that is away
 */
export async function sweepEach<T>(
  items: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal,
  sweepOne: (item: T) => Promise<void>,
): Promise<void> {
  const left: unknown[] = [];
  let inARow = 0;
  for await (const item of items) {
    if (signal.aborted) break;
    try {
      await sweepOne(item);
      inARow = 0;
    } catch (error) {
      inARow += 1;
      if (ExpectedError.isInstance(error) || inARow === MAX_IN_A_ROW) throw error;
      left.push(error);
    }
  }
  if (left.length > 0) throw new Error(`${left.length} could not be swept`, { cause: left[0] });
}
