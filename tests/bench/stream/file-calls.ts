import { setTimeout as delay } from "node:timers/promises";
import { newId } from "~/conversation/session/session-id";
import { METERING, type Counted } from "./counted-volume.ts";
import type { CountedServer } from "./servers.ts";
import { createTokenClient } from "./token-client.ts";
import { TOKENS_PER_SECOND } from "./token-lag.ts";

/** What replies of so many tokens, all at once, cost on the volume. An idle node's own calls are taken off. */
export type FileCalls = {
  replies: number;
  tokens: number;
  /** While all of them are being answered, for one reply and one second. */
  callsPerReplySecond: number;
  /** For one reply, from its question to a while after its end. */
  whole: Counted;
};

/** Until what a node does after a reply's end has been done, in milliseconds. */
const AFTERWARDS_MS = 3_000;
const IDLE_MS = 5_000;
/** From the first question until all answers run. */
const BEGINNING_MS = 2_000;

export async function measureFileCalls(
  server: CountedServer,
  options: { replies: number; tokens: number },
): Promise<FileCalls> {
  const { replies, tokens } = options;
  const client = createTokenClient(server.url);
  await client.ask(newId(), { script: { tokens: 10, everyMs: 10 } });
  await delay(AFTERWARDS_MS);
  const idle = await countedIn(server, () => delay(IDLE_MS));

  const script = { tokens, everyMs: 1_000 / TOKENS_PER_SECOND };
  const steadyMs = (tokens / TOKENS_PER_SECOND) * 1_000 - 2 * BEGINNING_MS;
  let steady: Measured | null = null;
  const whole = await countedIn(server, async () => {
    const answers = Promise.all(Array.from({ length: replies }, () => client.ask(newId(), { script })));
    await delay(BEGINNING_MS);
    steady = await countedIn(server, () => delay(steadyMs));
    await answers;
    await delay(AFTERWARDS_MS);
  });
  client.close();
  const { calls, seconds } = beyondIdle(steady!, idle);
  return {
    ...options,
    callsPerReplySecond: calls / seconds / replies,
    whole: divide(beyondIdle(whole, idle), replies),
  };
}

type Measured = Counted & { seconds: number };

async function countedIn(server: CountedServer, work: () => Promise<unknown>): Promise<Measured> {
  const [before, from] = [await server.counts(), performance.now()];
  await work();
  const [after, to] = [await server.counts(), performance.now()];
  return { ...combine(after, before, 1), seconds: (to - from) / 1_000 };
}

const beyondIdle = (measured: Measured, idle: Measured): Measured => ({
  ...combine(measured, idle, measured.seconds / idle.seconds),
  seconds: measured.seconds,
});

/** One less so many times the other. */
function combine(one: Counted, other: Counted, times: number): Counted {
  const less = (value: (counted: Counted) => number) => value(one) - value(other) * times;
  return {
    calls: less(({ calls }) => calls),
    requests: less(({ requests }) => requests),
    bytes: less(({ bytes }) => bytes),
    dollars: {
      "4 KiB": less(({ dollars }) => dollars["4 KiB"]),
      "32 KiB": less(({ dollars }) => dollars["32 KiB"]),
    },
  };
}

const divide = (counted: Counted, by: number): Counted => ({
  calls: counted.calls / by,
  requests: counted.requests / by,
  bytes: counted.bytes / by,
  dollars: { "4 KiB": counted.dollars["4 KiB"] / by, "32 KiB": counted.dollars["32 KiB"] / by },
});

export function describeFileCalls(measured: readonly FileCalls[]): string[][] {
  const meterings = Object.keys(METERING) as (keyof typeof METERING)[];
  return [
    [
      "",
      "calls / reply·s",
      ...["calls", "NFS requests", "bytes"].map((name) => `${name} / reply`),
      ...meterings.map((name) => `$ / 1,000 at ${name}`),
    ],
    ...measured.map(({ replies, tokens, callsPerReplySecond, whole }) => [
      `${replies} at once, ${tokens} tokens`,
      callsPerReplySecond.toFixed(1),
      ...[whole.calls, whole.requests, whole.bytes].map((value) => value.toFixed(0)),
      ...meterings.map((name) => (whole.dollars[name] * 1_000).toFixed(3)),
    ]),
  ];
}
