import type { TFunction } from "i18next";

/** What went wrong: a stable code, and a sentence in English for where there is no better one. */
export type UserError = {
  code: string;
  message: string;
  /** What the sentence counts or measures. */
  values?: Readonly<Record<string, number>>;
  /** When it is over, in milliseconds since 1970, where that is known. */
  retryAt?: number;
};

/** The sentence for a person, in the language of the page. */
export function sentenceFor(t: TFunction, { code, message, values }: UserError): string {
  // Codes come from the server and from files, so they are no keys that the compiler could know.
  const translate = t as unknown as (keys: string[], options: object) => string;
  return translate([`problem.${code}`, `serverProblem.${code}`], { ...values, defaultValue: message });
}
