import type { AnswerEndingCode } from "~/conversation/reply/answer-ending";
import type { ErrorCode } from "~/conversation/expected-error";
import type { en } from "./locales/en";

/** All strings, though not all are loaded at first. */
export type English = typeof en;

type PluralEnding = "zero" | "one" | "two" | "few" | "many" | "other";
type Base<Key> = Key extends `${infer Name}_${PluralEnding}` ? Name : never;

/** The keys of English, with the plural forms of the language for counted texts: at least `_other`. */
type Translated<Strings> = {
  [
    Key in keyof Strings as Key extends `${string}_${Exclude<PluralEnding, "other">}` ? never : Key
  ]: Strings[Key] extends string ? string : Translated<Strings[Key]>;
} & { [Key in `${Base<keyof Strings>}_${PluralEnding}`]?: string };

/** The strings of one language. A missing key, or one that English does not have, is a type error. */
export type Translation = Translated<Omit<English, "serverProblem">> & {
  serverProblem: Readonly<Record<ErrorCode | AnswerEndingCode | "demo_model" | "no_model", string>>;
};
