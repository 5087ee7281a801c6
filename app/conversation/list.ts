import { z } from "zod";
import { isOfLaterVersion } from "./parse-stored";

/**
 * An array whose elements are looked at one after the other, and none after the first that is damaged: zod alone makes
 * an issue for each of them, which for a small file of nonsense takes seconds and gigabytes. An element that has only
 * what later versions may add does not end it, for one that is damaged may follow; of such ones the first is reported.
 * What `array` asks of the whole, such as a length, is checked before.
 */
export function list<T>(element: z.ZodType<T>, array: z.ZodType<unknown[]> = z.array(z.unknown())) {
  return array.transform((items, context): T[] => {
    const parsed: T[] = [];
    let isReported = false;
    for (const [index, item] of items.entries()) {
      const { data, error } = element.safeParse(item);
      if (!error) {
        parsed.push(data);
        continue;
      }
      const isDamaged = !isOfLaterVersion(error.issues, item);
      if (isDamaged || !isReported) {
        for (const issue of error.issues) context.addIssue({ ...issue, path: [index, ...issue.path] });
      }
      isReported = true;
      if (isDamaged) break;
    }
    return isReported ? z.NEVER : parsed;
  });
}
