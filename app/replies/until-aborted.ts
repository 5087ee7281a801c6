export type UntilAbortedOptions = {
  signal: AbortSignal;
  /** Resolves when the source has had enough time after the signal to end by itself. */
  grace: () => Promise<unknown>;
};

const ABANDONED = Symbol("abandoned");

/**
 * Yields the values of a source until it ends or fails. A source that does not end after the signal's abort is
 * abandoned after the grace, so that a reply can be stopped whatever its model does.
 */
export async function* untilAborted<T>(
  source: AsyncIterable<T>,
  { signal, grace }: UntilAbortedOptions,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  // One listener and one promise at a time, however many chunks there are.
  let abandon = () => {};
  const onAbort = () => void grace().then(() => abandon());
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  let isOpen = true;
  try {
    for (;;) {
      const next = iterator.next();
      const step = await new Promise<IteratorResult<T> | typeof ABANDONED>((resolve, reject) => {
        abandon = () => resolve(ABANDONED);
        next.then(resolve, (error: unknown) => reject(toError(error)));
      });
      if (step === ABANDONED) return;
      if (step.done) {
        isOpen = false;
        return;
      }
      yield step.value;
    }
  } catch (error) {
    isOpen = false;
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (isOpen) await close(iterator, grace);
  }
}

/** Lets the source clean up. Its errors are ignored, and its end is waited for during the grace only. */
async function close(iterator: AsyncIterator<unknown>, grace: () => Promise<unknown>) {
  const closed = Promise.resolve(iterator.return?.()).catch(() => undefined);
  await Promise.race([closed, grace()]);
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error("The source threw a value that is not an Error.", { cause: thrown });
}
