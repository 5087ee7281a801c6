/** `1.2 MB` in the words of a language, in units of a thousand, as limits are given. */
export function formatSize(bytes: number, language: string): string {
  const [value, unit] =
    bytes < 999_500 ? [Math.max(1, Math.round(bytes / 1_000)), "kilobyte"] : [bytes / 1_000_000, "megabyte"];
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}
