import { join } from "node:path";
import { groupSegments, segmentName } from "~/store/cluster/instance-segments";
import type { Layout } from "~/store/documents/layout";
import { unlessGone } from "~/store/volume/errno";
import { namesIn } from "~/store/volume/list-folder";
import type { Volume } from "~/store/volume/volume";
import { parseUsageLine, USAGE_FORMAT, type UsageBatch } from "./usage-line";
import { dayName } from "./windows";

type Amounts = { messages: number; tokens: number; dollars: number };

/** What was used on one day of UTC, by all nodes. */
export type DayUsage = Amounts & {
  day: string;
  /** Most dollars first, then most tokens. */
  models: (Pick<Amounts, "tokens" | "dollars"> & { model: string })[];
  /** By the pseudonym of an address, which changes each day. Tokens only where addresses share the budget. */
  addresses: (Amounts & { address: string; bytes: number })[];
};

/** `newerFiles`: how many files of a later version of Holdfast are not counted. */
export type Usage = { days: DayUsage[]; newerFiles: number };

const MICRO = 1_000_000;
const DAY_NAME = /^\d{4}-\d\d-\d\d$/;

/**
 * The usage of all days whose files are kept, oldest first. Reads only. A batch that stands twice, which an append
 * without an answer leaves, counts once.
 * @throws the volume's errors
 */
export async function readUsage(
  volume: Pick<Volume, "list" | "read">,
  layout: Pick<Layout, "usage">,
): Promise<Usage> {
  let newerFiles = 0;
  const days = new Map<string, DayUsage>();
  const lastBatch = new Map<string, number>();
  const folders = (await namesIn(volume, layout.usage)).filter((name) => DAY_NAME.test(name)).sort();
  for (const folder of folders) {
    const path = join(layout.usage, folder);
    for (const [instance, segments] of groupSegments(await namesIn(volume, path))) {
      for (const segment of segments) {
        const text = await textOf(volume, join(path, segmentName(instance, segment)));
        const batches = batchesIn(text);
        if (!batches) newerFiles += 1;
        for (const batch of batches ?? []) {
          if (batch.batch <= (lastBatch.get(instance) ?? 0)) continue;
          lastBatch.set(instance, batch.batch);
          addBatch(days, batch);
        }
      }
    }
  }
  return { days: [...days.values()].map(sorted).toSorted((a, b) => (a.day < b.day ? -1 : 1)), newerFiles };
}

/** In English only, like all that is for the operator. */
export const describeNewerFiles = (count: number) =>
  `Not counted: ${count} usage ${count === 1 ? "file" : "files"} that a later version of Holdfast has written.`;

/** A sweep may have removed the file meanwhile. */
async function textOf(volume: Pick<Volume, "read">, path: string): Promise<string> {
  const content = await volume.read(path).catch(unlessGone);
  return content?.bytes.toString() ?? "";
}

/** The batches of a segment, whose last line may be unfinished. Null: a later version has written it. */
function batchesIn(text: string): UsageBatch[] | null {
  const lines = text.split("\n").flatMap((line) => parseUsageLine(line) ?? []);
  const [head] = lines;
  if (!head || !("format" in head)) return [];
  if (head.format !== USAGE_FORMAT) return null;
  return lines.filter((line): line is UsageBatch => "batch" in line);
}

function addBatch(days: Map<string, DayUsage>, { at, add }: UsageBatch) {
  const day = dayName(at);
  let usage = days.get(day);
  if (!usage) days.set(day, (usage = { day, messages: 0, tokens: 0, dollars: 0, models: [], addresses: [] }));
  for (const [key, amount] of Object.entries(add)) {
    const colon = key.indexOf(":");
    addCount(usage, key.slice(0, colon), key.slice(colon + 1), amount);
  }
}

function addCount(usage: DayUsage, counted: string, subject: string, amount: number) {
  const model = () => entryOf(usage.models, "model", { model: subject, tokens: 0, dollars: 0 });
  const address = () =>
    entryOf(usage.addresses, "address", { address: subject, messages: 0, tokens: 0, dollars: 0, bytes: 0 });
  switch (counted) {
    case "session-messages":
      usage.messages += amount;
      return;
    case "tokens":
      usage.tokens += amount;
      return;
    case "microdollars":
      usage.dollars += amount / MICRO;
      return;
    case "model-tokens":
      model().tokens += amount;
      return;
    case "model-microdollars":
      model().dollars += amount / MICRO;
      return;
    case "address-messages":
      address().messages += amount;
      return;
    case "address-tokens":
      address().tokens += amount;
      return;
    case "address-microdollars":
      address().dollars += amount / MICRO;
      return;
    case "address-bytes":
      address().bytes += amount;
  }
}

function entryOf<T, K extends keyof T>(list: T[], key: K, fresh: T): T {
  const known = list.find((entry) => entry[key] === fresh[key]);
  if (!known) list.push(fresh);
  return known ?? fresh;
}

function sorted(usage: DayUsage): DayUsage {
  const byCost = (a: Pick<Amounts, "tokens" | "dollars">, b: typeof a) =>
    b.dollars - a.dollars || b.tokens - a.tokens;
  return {
    ...usage,
    models: usage.models.toSorted(byCost),
    addresses: usage.addresses.toSorted((a, b) => byCost(a, b) || b.messages - a.messages),
  };
}
