import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { newId } from "~/conversation/session/session-id";
import { bareFirstCommit } from "../bare-commit.ts";
import { median, quantile } from "../statistics.ts";
import { createSyncMeter } from "./sync-meter.ts";
import type { Script } from "./stamped-token.ts";
import { createTokenClient } from "./token-client.ts";

/** Milliseconds from a question to its first token; `added` is the difference to the bare server, pair by pair. */
export type FirstToken = {
  bare: number[];
  opening: number[];
  following: number[];
  sync: number[];
  /** The file operations of the first commit of a session and nothing else, on the same disk. */
  firstCommit: number[];
};

const SCRIPT: Script = { tokens: 4, everyMs: 20 };
/** As long as a session with one question. */
const QUESTION = Buffer.alloc(900, "x");

/** Both servers are asked in turns, so that they meet the same machine. */
export async function measureFirstToken(
  urls: { bare: string; holdfast: string },
  options: { folder: string; floorFolder: string; rounds: number; thinkMs: number },
): Promise<FirstToken> {
  const bare = createTokenClient(urls.bare);
  const holdfast = createTokenClient(urls.holdfast);
  const sync = await createSyncMeter(options.folder);
  const script = { ...SCRIPT, thinkMs: options.thinkMs };
  const shard = join(options.floorFolder, "sessions", "00");
  const times: FirstToken = { bare: [], opening: [], following: [], sync: [], firstCommit: [] };
  const warmUps = Math.ceil(options.rounds / 4);

  for (let round = -warmUps; round < options.rounds; round++) {
    const sessionId = newId();
    const replyMessageId = newId();
    const measured = {
      bare: await firstToken(bare.ask(newId(), { script })),
      opening: await firstToken(holdfast.ask(sessionId, { script, replyMessageId })),
      following: await firstToken(holdfast.ask(sessionId, { script, parentId: replyMessageId })),
      sync: await sync.measure(),
      firstCommit: await timeOf(bareFirstCommit(join(shard, sessionId), QUESTION)),
    };
    // What the last reply has left to do is not to meet the next question.
    await delay(10);
    if (round < 0) continue;
    for (const name of Object.keys(measured) as (keyof FirstToken)[]) times[name].push(measured[name]);
  }
  await sync.close();
  bare.close();
  holdfast.close();
  return times;
}

async function timeOf(work: Promise<void>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}

async function firstToken(reply: ReturnType<ReturnType<typeof createTokenClient>["ask"]>): Promise<number> {
  const { sentAt, firstTokenAt, tokens, whole } = await reply;
  if (!whole || tokens !== SCRIPT.tokens) throw new Error(`a reply came with ${tokens} tokens`);
  return (firstTokenAt - sentAt) / 1_000;
}

export function describeFirstToken(times: FirstToken): string[][] {
  const cells = (values: number[]) => [median(values).toFixed(2), quantile(values, 0.95).toFixed(2)];
  const added = (values: number[]) => values.map((value, index) => value - times.bare[index]!);
  const beyondSync = (values: number[]) => (median(added(values)) - median(times.sync)).toFixed(2);
  return [
    ["ms", "median", "p95", "added", "added p95", "added less one sync"],
    ["bare server", ...cells(times.bare)],
    [
      "Holdfast, first question",
      ...cells(times.opening),
      ...cells(added(times.opening)),
      beyondSync(times.opening),
    ],
    [
      "Holdfast, next question",
      ...cells(times.following),
      ...cells(added(times.following)),
      beyondSync(times.following),
    ],
    ["one sync", ...cells(times.sync)],
    ["file operations of a first commit", ...cells(times.firstCommit)],
  ];
}
