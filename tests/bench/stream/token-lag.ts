import { setTimeout as delay } from "node:timers/promises";
import { newId } from "~/conversation/session/session-id";
import type { ChildServer } from "./child-server.ts";
import { processUsage } from "./process-usage.ts";
import { monotonicUs } from "./stamped-token.ts";
import { createTokenClient, type StreamedReply } from "./token-client.ts";

export const TOKENS_PER_SECOND = 50;

/** Streams that are being opened at once; the next one is when one of them has its first token. */
const OPENING_AT_ONCE = 8;
/** What is not open by then is not opened any more. */
const OPENING_MS = 45_000;

export type StreamMeasurement = {
  /** Asked for, and open while it was measured. */
  streams: number;
  open: number;
  /** From the stub to the client, in milliseconds, of the tokens that came while all streams were open. */
  lag: number[];
  /** Tokens received to tokens that so many streams should have brought. */
  achieved: number;
  cpuMsPerToken: number;
  /** Processors that the server kept busy. */
  busy: number;
  rssPerStream: number;
  /** Streams without a last word, and tokens that were said and never received. */
  cut: number;
  lost: number;
};

/** Opens the streams as fast as the server can, measures while all are open, and then lets the model finish. */
export async function measureStreams(
  server: ChildServer,
  stub: ChildServer,
  options: { streams: number; seconds: number },
): Promise<StreamMeasurement> {
  const { streams, seconds } = options;
  const client = createTokenClient(server.url);
  await warmUp(client);
  await endAnswers(stub);
  const idle = processUsage(server.pid);

  const lag: number[] = [];
  let counting = false;
  const script = { tokens: 1_000_000, everyMs: 1_000 / TOKENS_PER_SECOND };
  const replies: Promise<StreamedReply | null>[] = [];
  const giveUpAt = performance.now() + OPENING_MS;
  const open = () =>
    new Promise<void>((opened) => {
      const reply = client.ask(newId(), { script }, (producedAt, receivedAt) => {
        opened();
        if (counting) lag.push((receivedAt - producedAt) / 1_000);
      });
      replies.push(reply.catch(() => null));
      void reply.catch(() => null).then(() => opened());
    });
  async function openSome() {
    while (replies.length < streams && performance.now() < giveUpAt) await open();
  }
  await Promise.race([
    Promise.all(Array.from({ length: OPENING_AT_ONCE }, openSome)),
    delay(OPENING_MS, undefined, { ref: false }),
  ]);
  // What the opening has held up is not the streams' fault.
  await delay(500);

  counting = true;
  const [from, before] = [monotonicUs(), processUsage(server.pid)];
  await delay(seconds * 1_000);
  const [to, after] = [monotonicUs(), processUsage(server.pid)];
  counting = false;

  let said = 0;
  let over = false;
  const ended = Promise.all(replies).finally(() => (over = true));
  // More than once: what a server has been slow to ask for is asked for now.
  while (!over) {
    said += await endAnswers(stub);
    await Promise.race([ended, delay(200)]);
  }
  const received = await ended;
  client.close();
  const elapsedMs = (to - from) / 1_000;
  return {
    streams,
    open: replies.length,
    lag,
    achieved: lag.length / ((elapsedMs / 1_000) * TOKENS_PER_SECOND * streams),
    cpuMsPerToken: (after.cpuMs - before.cpuMs) / lag.length,
    busy: (after.cpuMs - before.cpuMs) / elapsedMs,
    rssPerStream: (after.rssBytes - idle.rssBytes) / streams,
    cut: received.filter((reply) => !reply?.whole).length,
    lost: said - received.reduce((sum, reply) => sum + (reply?.tokens ?? 0), 0),
  };
}

async function endAnswers(stub: ChildServer): Promise<number> {
  return Number(await (await fetch(stub.url, { method: "DELETE" })).text());
}

/** A server that has just started would pay for its compiler's work with the first tokens. */
async function warmUp(client: ReturnType<typeof createTokenClient>) {
  const script = { tokens: 100, everyMs: 5 };
  await Promise.all(Array.from({ length: 8 }, () => client.ask(newId(), { script })));
}
