/** Fields of another service's export, which may change without notice: what is not as expected counts as absent. */

export type Fields = Record<string, unknown>;

/** Not `isObject`: the code of a worker must not be shared with the page, whose chunk would come with it. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value.toWellFormed() : "";
}

/** ISO 8601 for a date as text or in seconds since 1970; null for none. */
export function dateStringOf(value: unknown): string | null {
  const time =
    typeof value === "number" ? value * 1_000 : typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isFinite(time) && Math.abs(time) < 8e15 ? new Date(time).toISOString() : null;
}
