import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { startNode } from "../../fixtures/replies/reply-node.ts";
import { createCountedFileSystem, sumOf, type Counted, type Subject } from "./counted-volume.ts";
import { TOKENS_PER_SECOND } from "./token-lag.ts";

const FLUSH_MS = 50;

export type VolumeCost = { runner: Map<Subject, Counted>; follower: Map<Subject, Counted>; tokens: number };

/**
 * One reply in this process, with everything that the runner does on the volume counted, and what a node does
 * for all of its followers of it. The feeds of nodes are not in it: they cost the same without a reply.
 */
export async function measureVolumeCost(folder: string, tokens: number): Promise<VolumeCost> {
  const dataDir = join(folder, "counted");
  const [ran, followed] = [createCountedFileSystem(), createCountedFileSystem()];
  const options = { dataDir, flushMs: FLUSH_MS, isDead: () => false };
  const runner = await startNode({ ...options, name: "runner", fs: ran.fs });
  const follower = await startNode({ ...options, name: "follower", fs: followed.fs });
  const key = hashSessionId(newId());

  const message = { id: newId(), parts: [{ type: "text" as const, text: "A question of usual length?" }] };
  await runner.replies.start(key, { kind: "send", message, parentId: null });
  const { signal } = new AbortController();
  const readers = [runner, follower].map(async ({ replies }) => {
    const events = await replies.follow(key, { cursor: null, watch: false, signal });
    let letters = 0;
    for await (const event of events!) {
      if (event.type === "chunk" && event.chunk.type === "text-delta") letters += event.chunk.delta.length;
    }
    return letters;
  });

  await runner.model.request(0);
  const start = performance.now();
  for (let said = 0; said < tokens;) {
    const due = Math.min(tokens, ((performance.now() - start) / 1_000) * TOKENS_PER_SECOND);
    for (; said < due; said++) runner.model.text(TOKEN);
    await delay(4);
  }
  runner.model.finish();
  for (const letters of await Promise.all(readers)) {
    if (letters !== tokens * TOKEN.length) throw new Error(`a follower saw ${letters} letters`);
  }
  return { runner: ran.counts, follower: followed.counts, tokens };
}

/** Of usual length. */
const TOKEN = " word";

const WORDS: Record<Subject, string> = {
  listings: "listings of the session's folder",
  journal: "journal",
  commits: "commits and reads of the session",
};

export function describeVolumeCost({ runner, follower, tokens }: VolumeCost): string[][] {
  const row = (name: string, { calls, requests, bytes, dollars }: Counted) => [
    name,
    String(calls),
    String(requests),
    String(bytes),
    (dollars["4 KiB"] * 1_000).toFixed(3),
    (dollars["32 KiB"] * 1_000).toFixed(3),
  ];
  const rows = (who: string, counts: Map<Subject, Counted>) => [
    ...[...counts].map(([subject, counted]) => row(`${who}: ${WORDS[subject]}`, counted)),
    row(`${who}: all`, sumOf(counts.values())),
  ];
  return [
    [`${tokens} tokens`, "file calls", "NFS requests", "bytes", "$ at 4 KiB", "$ at 32 KiB"],
    ...rows("runner", runner),
    ...rows("following node", follower),
  ];
}
