import { z } from "zod";

/**
 * A plain value, or else an object: what Copilot allows for many keys. Unlike a union it tells what is wrong in
 * the object, and, where there is none, what is wrong with the plain value.
 */
export function orElse<Plain extends z.ZodType, Other extends z.ZodType>(plain: Plain, other: Other) {
  return z.unknown().transform((value, context): z.output<Plain> | z.output<Other> => {
    const first = plain.safeParse(value);
    if (first.success) return first.data;
    const second = other.safeParse(value);
    if (second.success) return second.data;
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    const { issues } = isObject || value === undefined ? second.error : first.error;
    for (const issue of issues) context.issues.push({ ...issue, input: value } as never);
    return z.NEVER;
  });
}
