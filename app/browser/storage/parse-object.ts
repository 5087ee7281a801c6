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
