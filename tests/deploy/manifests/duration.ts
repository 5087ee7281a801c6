import { z } from "zod";

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600 };

/** A duration as Go writes it (`90s`, `1m30s`, `1.5m`), in seconds. */
export const duration = z
  .string()
  .regex(/^(\d+(\.\d+)?(ms|s|m|h))+$/, "must be a duration with its unit, such as 30s")
  .transform((text) =>
    [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
      (sum, [, number, unit]) => sum + Number(number) * UNITS[unit!]!,
      0,
    ),
  );

/** A whole number of seconds within a range that AWS has. */
export function durationBetween(min: number, max: number) {
  return duration.refine(
    (seconds) => seconds >= min && seconds <= max && Number.isInteger(seconds),
    `must be from ${min}s to ${max}s`,
  );
}
