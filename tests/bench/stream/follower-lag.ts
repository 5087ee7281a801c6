import { setTimeout as delay } from "node:timers/promises";
import { newId } from "~/conversation/session/session-id";
import { TOKENS_PER_SECOND } from "./token-lag.ts";
import { createTokenClient } from "./token-client.ts";

/**
 * How much later a token comes to a follower on the second node than to the one who asked on the first; in
 * milliseconds, for each token of some replies at once.
 */
export async function measureFollowerLag(
  urls: { runner: string; other: string },
  options: { streams: number; seconds: number },
): Promise<{ lag: number[]; missing: number }> {
  const runner = createTokenClient(urls.runner);
  const other = createTokenClient(urls.other);
  const script = {
    tokens: TOKENS_PER_SECOND * options.seconds,
    everyMs: 1_000 / TOKENS_PER_SECOND,
    thinkMs: 500,
  };

  const measured = await Promise.all(
    Array.from({ length: options.streams }, async (_, index) => {
      // Replies do not begin all in the same moment.
      await delay(index * 37);
      const sessionId = newId();
      const here = new Map<number, number>();
      const there = new Map<number, number>();
      const asked = runner.ask(sessionId, { script }, (producedAt, at) => here.set(producedAt, at));
      await delay(250);
      await other.follow(sessionId, (producedAt, at) => there.set(producedAt, at));
      await asked;
      return { here, there };
    }),
  );
  runner.close();
  other.close();
  const lag = measured.flatMap(({ here, there }) =>
    [...here].flatMap(([token, at]) => (there.has(token) ? [(there.get(token)! - at) / 1_000] : [])),
  );
  return { lag, missing: script.tokens * options.streams - lag.length };
}
