import type { z } from "zod";

/**
 * Outcome of parsing a stored document. `newer`: well-formed, with additions of a later version; the file is refused and
 * stays in its place. `damaged`: any other mismatch. Reasons name places in the document, never content.
 */
export type Parsed<T> =
  { kind: "whole"; value: T } | { kind: "newer"; reason: string } | { kind: "damaged"; reason: string };

/**
 * Parses JSON that this or another version of the application has written. The only place that distinguishes documents
 * of a later version from damaged ones (app/store/FORMATS.md).
 * @param newest the highest `format` that this version knows; omitted for documents without a format
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
 * Whether all issues are additions that later versions may make: fields, kinds of parts, roles, values of enumerations.
 * A flipped bit in the name of a required field makes an unknown field too, but also the issue of a missing one.
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

/** Whether a string is not among the strings that are expected in its place. */
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
