import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { openStore } from "../bench/open-store.ts";
import { sampleMessages, sampleSession } from "../bench/sample-conversation.ts";
import { median, ratioOfMedians } from "../bench/statistics.ts";

/** Reads of a 20 KB session by the store, and a listing and a read of the same file with nothing made of it. */
export async function readAgainstFloor(dataDir: string, rounds: number) {
  const { store, layout } = openStore(join(dataDir, "reads"));
  const key = hashSessionId(newId());
  const session = sampleSession(sampleMessages(20_000));
  await store.update(key, () => ({ session, result: null }));
  const folder = layout.sessionFolder(key);

  const bare = async () => {
    const names = await readdir(folder);
    const file = await open(
      join(
        folder,
        names.find((name) => name.endsWith(".json"))!,
      ),
      "r",
    );
    await file.stat();
    await file.readFile();
    await file.close();
  };
  const pairs: [number, number][] = [];
  for (let round = 0; round < rounds; round++) {
    const floorFirst = round % 2 === 0 ? await timed(bare) : null;
    const stored = await timed(() => store.read(key));
    pairs.push([stored, floorFirst ?? (await timed(bare))]);
  }
  return {
    store: median(pairs.map(([stored]) => stored)),
    floor: median(pairs.map(([, floor]) => floor)),
    ratio: ratioOfMedians(pairs),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
