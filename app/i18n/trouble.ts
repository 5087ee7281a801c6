import type { TFunction } from "i18next";

/** What went wrong: a stable code, and a sentence in English for where there is no better one. */
export type Trouble = {
  code: string;
  message: string;
  /** In bytes, where the sentence names a size. */ size?: number;
};

/** The sentence for a person, in the language of the page. */
export function sentenceFor(t: TFunction, { code, message, size = 0 }: Trouble): string {
  // Codes come from the server and from files, so they are no keys that the compiler could know.
  const translate = t as unknown as (
    keys: string[],
    options: { defaultValue: string; megabytes: number },
  ) => string;
  return translate([`problem.${code}`, `serverProblem.${code}`], {
    defaultValue: message,
    megabytes: size / 1_000_000,
  });
}
