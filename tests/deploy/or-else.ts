import { z } from "zod";

/**
 * A plain value, or else an object: what Copilot allows for many keys. Unlike a union it tells what is wrong in
 * the object.
 */
export function orElse<Plain extends z.ZodType, Other extends z.ZodType>(plain: Plain, other: Other) {
  return z.unknown().transform((value, context): z.output<Plain> | z.output<Other> => {
    const first = plain.safeParse(value);
    if (first.success) return first.data;
    const second = other.safeParse(value);
    if (second.success) return second.data;
    for (const issue of second.error.issues) context.issues.push({ ...issue, input: value } as never);
    return z.NEVER;
  });
}
