import type { z } from "zod";

/**
 * What a stored document is to this build. `newer`: it is well-formed, and has something that this build does not
 * know, as a later version writes it; it is refused and stays where it is. `damaged`: anything else that does not fit.
 * Reasons name places, never what people wrote.
 */
export type Parsed<T> =
  { kind: "whole"; value: T } | { kind: "newer"; reason: string } | { kind: "damaged"; reason: string };

/**
 * Parses JSON that this or another version of the application has written. The one place that tells a document of a
 * later version from a damaged one (app/store/FORMATS.md).
 * @param newest the highest `format` that this build knows; leave it out for what has none
 */
export function parseStored<T>(schema: z.ZodType<T>, json: unknown, newest?: number): Parsed<T> {
  const format = (json as { format?: unknown } | null | undefined)?.format;
  if (newest !== undefined && typeof format === "number" && Number.isInteger(format) && format > newest) {
    return { kind: "newer", reason: `its format is ${String(format)}` };
  }
  const { success, data, error } = schema.safeParse(json);
  if (success) return { kind: "whole", value: data };
  return isOfLaterVersion(error.issues, json)
    ? { kind: "newer", reason: `it has something unknown at ${placeOf(error.issues)}` }
    : { kind: "damaged", reason: placeOf(error.issues.filter((issue) => !isUnknown(issue, json))) };
}

/**
 * Whether all that is wrong with `json` is what later versions may add: fields, kinds of parts, roles, values of an
 * enumeration. A bit that flips in the name of a required field makes an unknown field, too, but one is missing then.
 */
export function isOfLaterVersion(issues: readonly z.core.$ZodIssue[], json: unknown): boolean {
  return issues.every((issue) => isUnknown(issue, json));
}

function isUnknown(issue: z.core.$ZodIssue, json: unknown): boolean {
  switch (issue.code) {
    case "unrecognized_keys":
      return true;
    case "invalid_value":
      return isUnknownString(issue.values, valueAt(issue.path, json));
    case "invalid_union":
      if (issue.discriminator !== undefined)
        return "options" in issue && isUnknownString(issue.options ?? [], valueAt(issue.path, json));
      return issue.errors.some((branch) =>
        branch.every((inner) => isUnknown({ ...inner, path: [...issue.path, ...inner.path] }, json)),
      );
    default:
      return false;
  }
}

/** A name that is not among those that are known, where names are expected. */
function isUnknownString(known: readonly unknown[], value: unknown): boolean {
  return [...known, value].every((each) => typeof each === "string");
}

function valueAt(path: readonly PropertyKey[], json: unknown): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    json,
  );
}

/** `messages.3.metadata`, or `its root`. */
function placeOf([issue]: readonly z.core.$ZodIssue[]): string {
  return issue?.path.join(".") || "its root";
}
