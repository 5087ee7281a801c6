import type { TFunction } from "i18next";

/** An error as shown to a person: a stable code, and an English sentence for codes without a translation. */
export type UserError = {
  code: string;
  message: string;
  /** Numbers to be inserted into the sentence. */
  values?: Readonly<Record<string, number>>;
  /** When its cause ends, in milliseconds since 1970, if that is known. */
  retryAt?: number;
};

/** The sentence of an error in the language of the page. */
export function sentenceFor(t: TFunction, { code, message, values }: UserError): string {
  // Codes come from the server and from files, so the compiler cannot check them as keys.
  const translate = t as unknown as (keys: string[], options: object) => string;
  return translate([`problem.${code}`, `serverProblem.${code}`], { ...values, defaultValue: message });
}
