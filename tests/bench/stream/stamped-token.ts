/** Microseconds of the machine's monotonic clock, which all its processes share. */
export const monotonicUs = (): number => Number(process.hrtime.bigint() / 1_000n);

/** A token that says when the model made it, so that its receiver knows how old it is. */
export const stampToken = (producedAt: number): string => `~${producedAt} `;

/** The stamps in a piece of an event stream, in order. Several tokens may have become one chunk on the way. */
export function* stampsIn(text: string): Generator<number> {
  for (const [, stamp] of text.matchAll(/~(\d+) /g)) yield Number(stamp);
}

/** What a benchmark asks of the stub: how many tokens, how far apart, and how long it thinks before the first. */
export type Script = { tokens: number; everyMs: number; thinkMs?: number };

export const formatScript = ({ tokens, everyMs, thinkMs = 0 }: Script): string =>
  `tokens=${tokens} every=${everyMs} think=${thinkMs}`;

export function parseScript(text: string): Required<Script> {
  const [, tokens, everyMs, thinkMs] = /tokens=(\d+) every=(\d+) think=(\d+)/.exec(text) ?? [];
  if (thinkMs === undefined) throw new Error(`this is no script: ${text}`);
  return { tokens: Number(tokens), everyMs: Number(everyMs), thinkMs: Number(thinkMs) };
}
