import { z } from "zod";
import { isOfLaterVersion } from "./parse-stored";

/** Elements of a later version that are looked at for damage among them. Each costs as much as an issue does. */
const MAX_LATER = 20;

/**
 * An array whose elements are looked at one after the other, and none after the first that is damaged: zod alone makes
 * an issue for each of them, which for a small file of nonsense takes seconds and gigabytes. Some elements that have
 * only what later versions may add do not end it, for one that is damaged may follow; of such ones the first is reported.
 * What `array` asks of the whole, such as a length, is checked before.
 */
export function list<T>(element: z.ZodType<T>, array: z.ZodType<unknown[]> = z.array(z.unknown())) {
  return array.transform((items, context): T[] => {
    const parsed: T[] = [];
    let later = 0;
    for (const [index, item] of items.entries()) {
      const { data, error } = element.safeParse(item);
      if (!error) {
        parsed.push(data);
        continue;
      }
      const isDamaged = !isOfLaterVersion(error.issues, item);
      if (isDamaged || later === 0) {
        for (const issue of error.issues) context.addIssue({ ...issue, path: [index, ...issue.path] });
      }
      later += 1;
      if (isDamaged || later === MAX_LATER) break;
    }
    return later > 0 ? z.NEVER : parsed;
  });
}
