import { z } from "zod";

export const USAGE_FORMAT = 1;

const amounts = z.record(z.string().max(80), z.number());

/** Current amounts that a node holds, by subject, such as the running replies of an address. 0 removes a subject. */
const running = z.record(z.string().max(80), z.int().nonnegative());

/** First line of a file. */
const head = z.object({ format: z.int().positive(), running });

/** Counts of one node within about a second. A batch may occur twice, with the same number. */
const batch = z.object({
  batch: z.int().positive(),
  /** Time of the first count, in milliseconds since 1970: determines the windows of the batch. */
  at: z.int().nonnegative(),
  add: amounts,
  running,
});

export type UsageHead = z.infer<typeof head>;
export type UsageBatch = z.infer<typeof batch>;

export function formatUsageLine(line: UsageHead | UsageBatch): string {
  return `${JSON.stringify(line)}\n`;
}

/** A line of a newer version of the application. */
const unknown = z.record(z.string(), z.unknown()).transform(() => ({ unknown: true as const }));

const line = z.union([head, batch, unknown]);

export type UsageLine = z.infer<typeof line>;

/** Null for a damaged line. */
export function parseUsageLine(text: string): UsageLine | null {
  try {
    return line.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
