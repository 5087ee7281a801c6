import type { StoreProcess } from "./start-process.ts";
import type { ProcessEvent } from "./store-process.ts";

type Acked = Extract<ProcessEvent, { event: "acked" }>;
type Refused = Extract<ProcessEvent, { event: "refused" }>;

/**
 * The events of the processes of a scenario, in the order of their arrival. Every commit appends one message, so the
 * messages of a session show whether its commits form one order without a gap.
 */
export function createHistory() {
  const acked: Acked[] = [];
  const refused: Refused[] = [];

  /** The faults of a session, compared with its acknowledged messages. */
  async function faultsOf(reader: StoreProcess, key: string): Promise<string[]> {
    const found = await reader.call("read", key);
    const own = acked.filter((ack) => ack.key === key);
    const where = `session ${key.slice(0, 8)} read on ${reader.client}`;
    if (!found)
      return own.length > 0 ? [`${where}: it is gone, with ${own.length} acknowledged messages`] : [];
    const faults: string[] = [];
    if (found.broken) faults.push(found.broken);
    if (found.recovered !== null) faults.push(`revision ${found.recovered} was held to be damaged`);
    if (found.rev !== found.ids.length)
      faults.push(`${found.ids.length} messages after ${found.rev} commits`);
    for (const { id, place, rev } of own) {
      if (found.ids[place] !== id) faults.push(`${id} was acknowledged and is not at its place ${place}`);
      if (rev <= place || rev > found.rev)
        faults.push(`${id} at ${place} was acknowledged as revision ${rev}`);
    }
    return faults.map((fault) => `${where}: ${fault}`);
  }

  return {
    acked,
    refused,
    onEvent(event: ProcessEvent) {
      if (event.event === "acked") acked.push(event);
      if (event.event === "refused") refused.push(event);
    },
    /** Reads every session through every reader. @throws Error naming the first faults */
    async check(keys: readonly string[], readers: readonly StoreProcess[]) {
      const faults: string[] = [];
      for (const reader of readers) for (const key of keys) faults.push(...(await faultsOf(reader, key)));
      if (faults.length > 0) throw new Error(`${faults.length} faults: ${faults.slice(0, 5).join("; ")}`);
    },
  };
}

export type History = ReturnType<typeof createHistory>;
