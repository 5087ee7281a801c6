import { z } from "zod";

/**
 * An array whose elements are looked at one after the other, and none after the first that is wrong: zod alone makes
 * an issue for each of them, which for a small file of nonsense takes seconds and gigabytes. What `array` asks of the
 * whole, such as a length, is checked before.
 */
export function list<T>(element: z.ZodType<T>, array: z.ZodType<unknown[]> = z.array(z.unknown())) {
  return array.transform((items, context): T[] => {
    const parsed: T[] = [];
    for (const [index, item] of items.entries()) {
      const { data, error } = element.safeParse(item);
      if (error) {
        const [{ path, message }] = error.issues as [z.core.$ZodIssue];
        context.addIssue({ code: "custom", path: [index, ...path], message });
        return z.NEVER;
      }
      parsed.push(data);
    }
    return parsed;
  });
}
