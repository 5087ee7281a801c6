import { isObject } from "~/conversation/is-object";

/** Empty for a value that is not the text of a JSON object. */
export function parseObject(text: unknown): Record<string, unknown> {
  try {
    const parsed: unknown = typeof text === "string" ? JSON.parse(text) : null;
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

/** The texts among named values. */
export function textsAmong(values: Iterable<readonly [string, unknown]>): Record<string, string> {
  return Object.fromEntries(
    [...values].filter((entry): entry is readonly [string, string] => typeof entry[1] === "string"),
  );
}
