import { parseArgs } from "node:util";
import { fuzzServer } from "./fixtures/load/fuzz-server.ts";

/**
 * `npm run fuzz -- --requests 100000 --seed 1`: made-up requests to every endpoint of a server of its own, and what
 * came of them. The short form is part of `npm test`.
 */
const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.abort());
const began = performance.now();
const seconds = () => ((performance.now() - began) / 1000).toFixed(0);
const { statuses, faults, early, late } = await fuzzServer({
  requests: Number(values.requests),
  seed: Number(values.seed),
  signal: stopped.signal,
  progress: (answered, megabytes) =>
    console.log(`${seconds()} s: ${answered} answered, ${megabytes.toFixed(0)} MB`),
});
const words = Object.entries(statuses).map(([status, count]) => `${status}=${count}`);
console.log(`seed=${values.seed} ${words.join(" ")}`);
console.log(`${seconds()} s, ${early.toFixed(0)} MB after a tenth, ${late.toFixed(0)} MB at the end`);
if (late > 2 * early) faults.push(`memory grew from ${early.toFixed(0)} to ${late.toFixed(0)} MB`);
for (const fault of faults) console.log(`FAULT ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
