import { PageError } from "~/browser/chat/api-error";

/**
 * Loads a part of the page's code when it is first needed.
 * @throws PageError `unreachable` if it cannot be loaded
 */
export async function loadCode<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new PageError("unreachable", { cause });
  }
}
