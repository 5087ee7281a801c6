import type { AnswerEndingCode } from "~/conversation/answer-ending";
import type { ErrorCode } from "~/conversation/expected-error";
import type { en } from "./locales/en";

type PluralEnding = "zero" | "one" | "two" | "few" | "many" | "other";
type Base<Key> = Key extends `${infer Name}_${PluralEnding}` ? Name : never;

/** Each key of English, and for what is counted the endings that the language has: `_other` in any case. */
type Translated<Strings> = {
  [
    Key in keyof Strings as Key extends `${string}_${Exclude<PluralEnding, "other">}` ? never : Key
  ]: Strings[Key] extends string ? string : Translated<Strings[Key]>;
} & { [Key in `${Base<keyof Strings>}_${PluralEnding}`]?: string };

/** The strings of one language. A key that is missing, or that English does not have, is an error of types. */
export type Translation = Translated<Omit<typeof en, "serverProblem">> & {
  serverProblem: Readonly<Record<ErrorCode | AnswerEndingCode | "demo_model", string>>;
};
