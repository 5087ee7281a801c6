import type { PageClock } from "~/browser/page/page-clock";

/** A second request is made after this, in milliseconds: the first node may hang. */
const ASK_AGAIN_MS = 4_000;

/**
 * The first successful answer of one request or, if that takes long, two. Only for requests that are harmless to
 * repeat. A first request that fails early is not repeated: the caller decides when to try again.
 * @throws the error of the first request, if both fail
 */
export async function firstOfTwo<T>(
  clock: Pick<PageClock, "after">,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const settled = new AbortController();
  const first = request(settled.signal);
  let isSecondPending = true;
  let cancelSecond = () => {};
  const second = new Promise<T>((resolve, reject) => {
    cancelSecond = clock.after(ASK_AGAIN_MS, () => {
      isSecondPending = false;
      request(settled.signal).then(resolve, reject);
    });
    first.catch((error: unknown) => isSecondPending && reject(error));
  });
  try {
    return await Promise.any([first, second]);
  } catch (failed) {
    throw (failed as AggregateError).errors[0];
  } finally {
    cancelSecond();
    settled.abort();
  }
}
