import { setTimeout as delay } from "node:timers/promises";
import { newId } from "~/conversation/session/session-id";
import type { CountedServer } from "./servers.ts";
import { createTokenClient } from "./token-client.ts";

/** Long beside all that is done between two round trips, in milliseconds. */
export const ROUND_TRIP_MS = 100;

/** Milliseconds from a question to its acknowledgement. */
export type Acknowledgements = { opening: number[]; following: number[] };

/** @param server one whose requests to the volume take `ROUND_TRIP_MS` each */
export async function measureAcknowledgements(
  server: CountedServer,
  rounds: number,
): Promise<Acknowledgements> {
  const client = createTokenClient(server.url);
  const script = { tokens: 2, everyMs: 10 };
  const times: Acknowledgements = { opening: [], following: [] };
  for (let round = 0; round < rounds; round++) {
    const [sessionId, replyMessageId] = [newId(), newId()];
    times.opening.push(await client.acknowledge(sessionId, { script, replyMessageId }));
    await client.follow(sessionId, () => undefined);
    // The settlement, and what is tidied up after it.
    await delay(30 * ROUND_TRIP_MS);
    times.following.push(await client.acknowledge(sessionId, { script, parentId: replyMessageId }));
    await client.follow(sessionId, () => undefined);
    await delay(30 * ROUND_TRIP_MS);
  }
  client.close();
  return times;
}

export function describeAcknowledgements({ opening, following }: Acknowledgements): string[][] {
  // The quickest: another request may have held up the volume's queue in the others.
  const trips = (times: number[]) => String(Math.floor(Math.min(...times) / ROUND_TRIP_MS));
  return [
    ["", "round trips one after another"],
    ["first question", trips(opening)],
    ["next question", trips(following)],
  ];
}
