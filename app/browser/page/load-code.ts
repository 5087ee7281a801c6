import { PageError } from "~/browser/chat/api-error";

/**
 * Code that the page has not needed until now.
 * @throws PageError `unreachable` where it cannot be had
 */
export async function loadCode<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new PageError("unreachable", { cause });
  }
}
