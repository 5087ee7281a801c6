import { resolve } from "node:path";
import { realTimer } from "~/clocks";
import { describeNewerFiles, readUsage, type DayUsage, type Usage } from "~/quotas/read-usage";
import { createLayout } from "~/store/documents/layout";
import { createVolume } from "~/store/volume/volume";

// `npm run usage -- DIR`, or in the image `node build/print-usage.js DIR`: what was used, by day, model and address, from
// the usage files of a DATA_DIR. With --json as the route /api/usage has it.

const args = process.argv.slice(2);
const [dir, ...more] = args.filter((arg) => arg !== "--json");
if (!dir || dir.startsWith("-") || more.length > 0) {
  console.error("Name the DATA_DIR, as in: npm run usage -- DIR, with --json for a program");
  process.exit(1);
}

/** Addresses shown of a day: those that cost most. */
const SHOWN = 10;

try {
  const usage = await readUsage(createVolume({ deadlineMs: 10_000 }), createLayout(resolve(dir)));
  if (args.includes("--json")) console.log(JSON.stringify(usage));
  else printUsage(usage);
} catch (error) {
  console.error(`${dir} cannot be read: ${(error as Error).message}`);
  process.exitCode = 1;
}
// Threads that wait for a hanging volume keep process.exit from ending the process; a signal does not wait for them.
realTimer(2_000, () => process.kill(process.pid, "SIGKILL"));

function printUsage({ days, newerFiles }: Usage) {
  for (const day of days) printDay(day);
  if (newerFiles > 0) console.log(describeNewerFiles(newerFiles));
  else if (days.length === 0) console.log(`${dir} has no usage files.`);
}

function printDay({ day, models, addresses, ...amounts }: DayUsage) {
  console.log(row(day, amounts));
  for (const { model, ...each } of models) console.log(row(`  ${model}`, each));
  for (const { address, ...each } of addresses.slice(0, SHOWN))
    console.log(row(`  address ${address}`, each));
  if (addresses.length > SHOWN) console.log(`  and ${addresses.length - SHOWN} more addresses`);
}

function row(what: string, amounts: { messages?: number; tokens: number; dollars: number }): string {
  const messages = amounts.messages === undefined ? "" : `${amounts.messages} messages`;
  return `${what.padEnd(48)} ${messages.padStart(16)} ${`${amounts.tokens} tokens`.padStart(20)} ${`$${amounts.dollars.toFixed(4)}`.padStart(12)}`;
}
