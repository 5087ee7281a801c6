/** A day and a time, as they are written in a language. */
export function formatDate(date: string, language: string): string {
  return formatter(language, "medium").format(new Date(date));
}

/** The same; the time alone if it was today or later. @param today its first moment */
export function formatMoment(date: string, language: string, today: Date): string {
  const moment = new Date(date);
  return formatter(language, moment < today ? "medium" : undefined).format(moment);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Kept, because each message needs one, and making it takes longer than all that it does. */
function formatter(language: string, dateStyle: "medium" | undefined): Intl.DateTimeFormat {
  const key = `${language} ${String(dateStyle)}`;
  const known = formatters.get(key) ?? new Intl.DateTimeFormat(language, { dateStyle, timeStyle: "short" });
  formatters.set(key, known);
  return known;
}
