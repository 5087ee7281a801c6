import { z } from "zod";
import { HASH_PATTERN } from "~/conversation/session/session-id";

export const MEMBERSHIP_FORMAT = 1;

/** First line of each segment, so that the newest segment alone shows the state of the node. */
const head = z.object({
  format: z.int().positive(),
  name: z.string(),
  boot: z.string(),
  segment: z.int().positive(),
  /** For operators; no node compares it with its own clock. */
  startedAt: z.iso.datetime(),
  /** Earlier boots of the same name: their processes are gone. */
  succeeds: z.array(z.string()),
  draining: z.boolean(),
});

const line = z.union([
  head,
  z.object({ beat: z.int().nonnegative() }),
  /** New revisions by session hash; null for a session that was removed. */
  z.object({ changed: z.record(z.string().regex(HASH_PATTERN), z.int().positive().nullable()) }),
  /** More sessions changed than the node kept while the volume was away: readers must refresh all. */
  z.object({ missed: z.literal(true) }),
  z.object({ draining: z.literal(true) }),
  /** The last line of a node that leaves. */
  z.object({ goodbye: z.literal(true) }),
  /** A line that only later versions know. */
  z.record(z.string(), z.unknown()).transform(() => ({ unknown: true as const })),
]);

export type MembershipHead = z.infer<typeof head>;
export type MembershipLine = z.infer<typeof line>;

/** @returns null for text that is not a line of a membership log */
export function parseMembershipLine(text: string): MembershipLine | null {
  try {
    return line.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export function formatMembershipLine(value: Exclude<MembershipLine, { unknown: true }>): string {
  return `${JSON.stringify(value)}\n`;
}
