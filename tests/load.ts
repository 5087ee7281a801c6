import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { newId } from "../app/conversation/session/session-id.ts";
import { median, quantile } from "./bench/statistics.ts";
import { startAppServer } from "./fixtures/app-server.ts";
import { createFairLoad, GREEDY_KINDS, UNLIMITED } from "./fixtures/load/greedy-clients.ts";
import {
  headOf,
  hold,
  idleTab,
  newTally,
  repeat,
  smallConversation,
  storyBody,
  streamingPerson,
  type LoadContext,
  type Tally,
} from "./fixtures/load/load-clients.ts";
import { createMemoryLimit } from "./fixtures/memory-limit.ts";
import { seededChoices } from "./fixtures/seeded-random.ts";

/**
 * `npm run load -- --minutes 5 --streaming 500 --idle 2000 --pace 15`: one node of the production build with its
 * limits as they are, under the memory of the smallest Fargate task where the system can give such a limit. Honest
 * people, idle tabs, and abusers who exceed every limit; the honest must see no error. The clients are in this
 * process, on the same machine: the pace of the model is that of a slow one, so that both have room.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    streaming: { type: "string", default: "500" },
    idle: { type: "string", default: "2000" },
    pace: { type: "string", default: "15" },
    seed: { type: "string", default: "1" },
    /** Only those abusers whose name has this in it; `-` for none. */
    abusers: { type: "string", default: "" },
  },
});
const LIMIT_BYTES = 512 * 1024 * 1024;
const RAMP_MS = 40_000;
const [streaming, idle] = [Number(values.streaming), Number(values.idle)];

/** A stranger's first request beside greedy clients takes at most so many times what it takes on the idle node. */
const MOST_TIMES_IDLE = 5;

const unfair = await measureFairness();
const limit = createMemoryLimit(LIMIT_BYTES);
const start = () => startAppServer({ env: { TRUSTED_HOPS: "1", DEMO_TOKENS_PER_SECOND: values.pace } });
const server = await (limit?.within(start) ?? start());
console.log(
  limit ? "the node may use 512 MB" : "the system gives no memory limit: what the node uses is only measured",
);

const random = seededChoices(Number(values.seed));
const over = AbortSignal.timeout(Number(values.minutes) * 60_000 + RAMP_MS);
const context: LoadContext = { url: server.url, over, random };
const address = (network: number, host: number) => `10.${network}.${host >> 8}.${host & 255}`;

/** More of them than one conversation may be watched by are spread over several. */
const WATCHED = 40;
const [large, ...watched] = await Promise.all([
  importNew(smallConversation(1_300_000, 3)),
  ...Array.from({ length: WATCHED }, () => importNew(smallConversation())),
]);
const people = newTally("streaming", streaming);
const tabs = newTally("idle", idle);
const running: Promise<unknown>[] = [
  ...Array.from({ length: streaming }, (_, index) =>
    streamingPerson(context, people, address(1, index), random.whole(0, RAMP_MS)),
  ),
  ...Array.from({ length: idle }, (_, index) =>
    idleTab(context, tabs, address(2, index), random.whole(0, RAMP_MS)),
  ),
];
const abusers = abuse();

let highest = 0;
const samples: string[] = [];
while (!over.aborted) {
  await Promise.race([delay(10_000), new Promise((resolve) => over.addEventListener("abort", resolve))]);
  const now = residentMegabytes();
  if (Number.isNaN(now)) break;
  samples.push(now.toFixed(0));
  console.log(
    `${samples.length * 10} s: ${now.toFixed(0)} MB, ${descriptors()} descriptors, ${people.waits.length} stories begun, ` +
      `${people.errors.length + tabs.errors.length} errors`,
  );
}
await Promise.all(running);

console.table(
  [people, tabs, ...abusers].map(({ name, clients, statuses, errors, waits, silence }: Tally) => ({
    clients: `${clients} ${name}`,
    answers: Object.entries(statuses)
      .map(([status, count]) => `${status}: ${count}`)
      .join(", "),
    errors: [people, tabs].some((tally) => tally.name === name) ? errors.length : "-",
    "first word p50/p95 (ms)":
      waits.length > 0 ? `${median(waits).toFixed(0)} / ${quantile(waits, 0.95).toFixed(0)}` : "",
    "longest silence (ms)": silence > 0 ? Math.round(silence) : "",
  })),
);
const errors = [...people.errors, ...tabs.errors];
const counts = new Map<string, number>();
for (const error of errors) counts.set(error, (counts.get(error) ?? 0) + 1);
for (const [error, count] of counts) console.log(`FAULT ${count} × ${error}`);
console.log(`the node took ${processorSeconds().toFixed(0)} s of a processor`);
const isTooMuch = highest > 512 || (limit?.failures() ?? 0) > 0;
console.log(
  `highest resident memory: ${highest.toFixed(0)} MB${isTooMuch ? ", too much" : ""}; seed ${values.seed}`,
);
// An honest person may see nothing of what the node has trouble with.
for (const [warning, count] of warnings()) console.log(`the log warns ${count} × ${warning}`);
const unexpected = server.output().match(/"msg":"(unexpected|a request failed|a stream failed)"/g) ?? [];
if (unexpected.length > 0) console.log(`FAULT ${unexpected.length} unforeseen errors in the log`);
await server.stop();
limit?.remove();
process.exit(unfair > 0 || errors.length > 0 || isTooMuch || unexpected.length > 0 ? 1 : 0);

/** Before the load, on a node of its own. @returns how many kinds of greedy clients keep strangers waiting */
async function measureFairness(): Promise<number> {
  const node = await startAppServer({ env: { TRUSTED_HOPS: "1", ...UNLIMITED } });
  const load = await createFairLoad(node.url);
  let faults = 0;
  for (const greed of GREEDY_KINDS) {
    const { idleMs, besideMs, ratio, answered } = await load.beside(greed);
    const isUnfair = ratio > MOST_TIMES_IDLE;
    if (isUnfair) faults += 1;
    console.log(
      `${isUnfair ? "FAULT " : ""}beside ${greed.connections} connections that ${greed.name}: ` +
        `${idleMs.toFixed(1)} ms idle, ${besideMs.toFixed(1)} ms beside, ${ratio.toFixed(1)} times; ` +
        `they had ${answered} answers`,
    );
  }
  await node.stop();
  return faults;
}

function warnings(): Map<string, number> {
  const found = new Map<string, number>();
  for (const [, message] of server.output().matchAll(/^\{"level":"(?:warn|error)".*"msg":"(.*)"\}$/gm))
    found.set(message!, (found.get(message!) ?? 0) + 1);
  return found;
}

function residentMegabytes(): number {
  try {
    const status = readFileSync(`/proc/${server.pid()}/status`, "utf8");
    highest = Math.max(highest, Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024);
    return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
  } catch {
    people.errors.push("the node is gone");
    return NaN;
  }
}

function processorSeconds(): number {
  // In hundredths of a second, after the name in parentheses.
  const fields = readFileSync(`/proc/${server.pid()}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function descriptors(): number {
  return readdirSync(`/proc/${server.pid()}/fd`).length;
}

/** Clients that exceed a limit, each from its own address. */
function abuse(): Tally[] {
  const tallies: Tally[] = [];
  const kind = (name: string, clients: number, run: (tally: Tally, from: string) => Promise<void>) => {
    if (!name.includes(values.abusers)) return;
    const tally = newTally(name, clients);
    tallies.push(tally);
    running.push(run(tally, `198.51.100.${tallies.length}`));
  };
  kind("floods of messages", 10, (tally, from) =>
    repeat(context, tally, 10, 50, () => ({
      method: "POST",
      path: "/api/session/messages",
      from,
      body: storyBody(),
      accept: "application/json",
    })),
  );
  kind("beginners of conversations", 5, (tally, from) =>
    repeat(context, tally, 5, 50, () => ({
      method: "POST",
      path: "/api/session/import",
      from,
      body: smallConversation(),
    })),
  );
  kind("senders of large bodies", 5, (tally, from) =>
    repeat(context, tally, 5, 200, () => ({
      method: "POST",
      path: "/api/session/messages",
      from,
      body: JSON.stringify({ x: "y".repeat(2_000_000) }),
    })),
  );
  kind("senders of deep JSON", 2, (tally, from) =>
    repeat(context, tally, 2, 100, () => ({
      method: "PATCH",
      path: "/api/session",
      from,
      body: "[".repeat(200_000),
    })),
  );
  kind("guessers of ids", 4, (tally, from) =>
    repeat(context, tally, 4, 20, () => ({ path: "/api/session", from })),
  );
  kind("openers of streams", 1_200, (tally, from) =>
    repeat(context, tally, 1_200, 5_000, () => ({
      path: "/api/session/stream?watch",
      from,
      sessionId: random.pick(watched),
    })),
  );
  kind("large imports", 3, (tally, from) =>
    repeat(context, tally, 3, 1_000, () => ({
      method: "POST",
      path: "/api/session/import",
      from,
      body: smallConversation(1_300_000, 3),
    })),
  );
  kind("large reads that are not read", 20, (tally, from) =>
    hold(
      context,
      tally,
      20,
      () => headOf("GET /api/session", { "X-Session-Id": large, "X-Forwarded-For": from }),
      "",
    ),
  );
  kind("heads that trickle", 100, (tally, from) =>
    hold(context, tally, 100, () => headOf("GET /", { "X-Forwarded-For": from }).slice(0, -2), "X-A: b\r\n"),
  );
  kind("bodies that trickle", 100, (tally, from) =>
    hold(
      context,
      tally,
      100,
      () =>
        headOf("PATCH /api/session", {
          "X-Session-Id": newId(),
          "X-Forwarded-For": from,
          "Content-Type": "application/json",
          "Content-Length": "200000",
        }) + " ".repeat(150_000),
      " ",
    ),
  );
  return tallies;
}

async function importNew(body: string): Promise<string> {
  const sessionId = newId();
  const response = await fetch(`${server.url}/api/session/import`, {
    method: "POST",
    headers: { "X-Session-Id": sessionId, "Content-Type": "application/json" },
    body,
  });
  if (!response.ok) throw new Error(`import: ${response.status} ${await response.text()}`);
  return sessionId;
}
