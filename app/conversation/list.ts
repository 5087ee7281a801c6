import { z } from "zod";
import { isOfLaterVersion } from "./session/parse-stored";

/** Elements of a later version after which parsing stops. Each costs as much as an issue does. */
const MAX_LATER = 20;

/**
 * An array whose parsing stops at the first damaged element. zod alone makes an issue for each of them, which takes
 * seconds and gigabytes for a small file of nonsense. Elements with additions of later versions do not stop it, because
 * a damaged one may follow; only the first of them is reported. The checks of `array`, such as a length, come first.
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
