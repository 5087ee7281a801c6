import { z } from "zod";

export const USAGE_FORMAT = 1;

const amounts = z.record(z.string().max(80), z.number());

/** What this node holds by now, by subject: replies that run for an address, say. 0 takes one away. */
const running = z.record(z.string().max(80), z.int().nonnegative());

/** What a file begins with. */
const head = z.object({ format: z.int().positive(), running });

/** What one node has counted within a second or so. A batch may be there twice; its number tells. */
const batch = z.object({
  batch: z.int().positive(),
  /** Milliseconds since 1970, of the first of it: says which windows it belongs to. */
  at: z.int().nonnegative(),
  add: amounts,
  running,
});

export type UsageHead = z.infer<typeof head>;
export type UsageBatch = z.infer<typeof batch>;

export function formatUsageLine(line: UsageHead | UsageBatch): string {
  return `${JSON.stringify(line)}\n`;
}

/** From a newer version of the application, which may count more, and otherwise. */
const unknown = z.record(z.string(), z.unknown()).transform(() => ({ unknown: true as const }));

const line = z.union([head, batch, unknown]);

/** Null for bytes that are no line of such a file. */
export function parseUsageLine(text: string): z.infer<typeof line> | null {
  try {
    return line.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
