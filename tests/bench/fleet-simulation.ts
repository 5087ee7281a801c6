import { simulateFleet, type FleetOptions, type FleetResult } from "./fleet/fleet.ts";
import { DOLLARS_A_GIB, LIMITS, METERED_BYTES, type Operation } from "./fleet/parameters.ts";

/**
 * `npm run simulate`: what a fleet asks of one file system and what followers see of it, by a simulation of discrete
 * events. Prints the tables of app/store/SCALE.md, the same each time. Parameters: `fleet/parameters.ts`.
 */
const SEED = 16;
const WARM_UP_MS = 4_000;
const STEADY_MS = 10_000;

const KINDS = ["read", "write"] as const satisfies readonly Operation[];

type Mode = keyof typeof LIMITS;
type Row = { mode: Mode; event?: string; forMs?: number } & Pick<FleetOptions, "nodes" | "replies"> &
  Partial<FleetOptions>;

const ROWS: readonly Row[] = [
  { nodes: 10, replies: 500, mode: "bursting" },
  { nodes: 20, replies: 5_000, mode: "bursting" },
  { nodes: 50, replies: 12_500, mode: "provisioned" },
  { nodes: 100, replies: 25_000, mode: "provisioned" },
  { nodes: 100, replies: 25_000, mode: "elastic" },
  { nodes: 200, replies: 50_000, mode: "elastic" },
  { nodes: 200, replies: 50_000, mode: "elastic, raised" },
  { nodes: 50, replies: 12_500, mode: "elastic", event: "5 nodes die", deaths: 5, forMs: 50_000 },
  { nodes: 200, replies: 50_000, mode: "elastic, raised", event: "20 nodes die", deaths: 20, forMs: 50_000 },
  {
    nodes: 50,
    replies: 12_500,
    mode: "elastic",
    event: "still for 30 s",
    standstillMs: 30_000,
    forMs: 50_000,
  },
  {
    nodes: 200,
    replies: 50_000,
    mode: "elastic, raised",
    event: "still for 30 s",
    standstillMs: 30_000,
    forMs: 50_000,
  },
];

const COLUMNS = [
  "nodes",
  "replies",
  "throughput mode",
  "what happens",
  "reads asked for a second, mean / most",
  "writes asked for a second, mean / most",
  "of the limits, read / write",
  "lag p50 / p99",
  "on another node p50 / p99",
  "words go on after, p50 / p99",
  "wrong verdicts",
  "late for",
  "$ for 1,000 replies",
];

const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
const whole = (value: number) => Math.round(value).toLocaleString("en");
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const pair = ({ p50, p99 }: { p50: number; p99: number }) => `${whole(p50)} / ${whole(p99)} ms`;

console.log(line(COLUMNS));
console.log(line(COLUMNS.map(() => "---")));
let largest: FleetResult | undefined;
for (const row of ROWS) {
  const { mode, event, forMs = STEADY_MS, ...options } = row;
  const totalMs = WARM_UP_MS + forMs;
  const result = simulateFleet({
    ...options,
    limits: LIMITS[mode],
    seed: SEED,
    warmUpMs: WARM_UP_MS,
    totalMs,
  });
  console.log(line(cellsOf(row, result)));
  if (!event) largest = result;
}

console.log(`\n${line(["operations a second of the largest steady fleet", "reads", "writes"])}`);
console.log(line(["---", "---", "---"]));
const purposes = new Set(KINDS.flatMap((kind) => Object.keys(largest!.operations[kind].by)));
for (const purpose of purposes) {
  const counts = KINDS.map((kind) =>
    Object.entries(largest!.operations[kind].by).find(([of]) => of === purpose),
  );
  console.log(
    line([
      purpose === "follower" ? `follower of ${whole(largest!.followed)} logs` : purpose,
      ...counts.map((count) => whole(((count?.[1] ?? 0) * 1_000) / STEADY_MS)),
    ]),
  );
}

function cellsOf(
  { nodes, replies, mode, event, forMs = STEADY_MS, deaths }: Row,
  result: FleetResult,
): string[] {
  const { operations, lag, lagElsewhere, wentOn, falseVerdicts, lateForMs } = result;
  const mean = (kind: Operation) => (operations[kind].all * 1_000) / forMs;
  const rates = KINDS.map((kind) => `${whole(mean(kind))} / ${whole(operations[kind].most)}`);
  const shares = KINDS.map((kind) => `${whole((100 * mean(kind)) / LIMITS[mode][kind])} %`);
  return [
    ...[whole(nodes), whole(replies), mode, event ?? "steady"],
    ...rates,
    shares.join(" / "),
    ...[pair(lag), pair(lagElsewhere)],
    deaths ? `${seconds(wentOn.p50)} / ${seconds(wentOn.p99)} (${whole(wentOn.replies)} replies)` : "",
    whole(falseVerdicts),
    lateForMs === 0 ? "" : seconds(lateForMs),
    dollarsForThousand(result).toFixed(4),
  ];
}

function dollarsForThousand({ operations, settled }: FleetResult): number {
  const dollars = KINDS.map((kind) => (operations[kind].all * METERED_BYTES * DOLLARS_A_GIB[kind]) / 2 ** 30);
  return ((dollars[0]! + dollars[1]!) * 1_000) / settled;
}
