import { join } from "node:path";
import { createTurnMeter, type TurnMeasurement } from "./measure-turns.ts";
import { NotInstalled, type Contestant, type TurnStore } from "./turn-store.ts";

export type PeerResult = { contestant: Contestant; measured: TurnMeasurement } | NotMeasured;
export type NotMeasured = { contestant: Contestant; notInstalled: string };

/** All contestants are there at once and take turns round by round, so that they meet the same machine. */
export async function againstPeers(
  contestants: readonly Contestant[],
  options: { folder: string; concurrency: number; rounds: number },
): Promise<PeerResult[]> {
  const { folder, concurrency, rounds } = options;
  const stores: TurnStore[] = [];
  try {
    const entries = [];
    for (const [index, contestant] of contestants.entries()) {
      const store = await start(contestant, join(folder, `${concurrency}-${index}`), concurrency);
      if (store instanceof NotInstalled) entries.push({ contestant, notInstalled: store.message });
      else {
        stores.push(store);
        entries.push({ contestant, meter: createTurnMeter(store, folder, concurrency) });
      }
    }
    const warmUps = Math.max(1, Math.ceil(32 / concurrency / 4));
    for (let round = 0; round < warmUps + rounds; round++) {
      for (const { meter } of entries) await meter?.round({ counts: round >= warmUps });
    }
    return entries.map(({ contestant, meter, notInstalled }) =>
      meter ? { contestant, measured: meter.result() } : { contestant, notInstalled: notInstalled! },
    );
  } finally {
    for (const store of stores) await store.close();
  }
}

async function start(contestant: Contestant, folder: string, concurrency: number) {
  try {
    return await contestant.start(folder, concurrency);
  } catch (error) {
    if (error instanceof NotInstalled) return error;
    throw new Error(`${contestant.name} does not start`, { cause: error });
  }
}
