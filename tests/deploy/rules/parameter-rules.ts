import { defaultsOf, VARIANTS, type Given } from "../check-templates.ts";
import type { Stack } from "../copilot/variant.ts";
import { isObject, listOf, type Json } from "../templates/parse-yaml.ts";
import type { Found } from "../problem.ts";
import { refusals } from "../templates/template-form.ts";

type Kind = "environment" | "service";

/** What a parameter of a name like this takes, beside nothing. */
const FORMS: readonly (readonly [name: RegExp, form: RegExp, words: string])[] = [
  [/Alias$/, /^([a-z0-9-]+\.)+[a-z]{2,}$/, "a domain, such as chat.example.com"],
  [/Bucket$/, /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the name of a bucket"],
  [/Arn$/, /^arn:/, "an ARN"],
];
/** What is right or wrong together with another only. */
const PAIRED = ["TaskCPU", "TaskMemory"];
/** What both templates call by a name of their own, and must take alike. */
const SHARED: readonly (readonly [ofEnvironment: string, ofService: string])[] = [
  ["AppName", "AppName"],
  ["EnvironmentName", "EnvName"],
];

/**
 * Parameters of the templates that refuse what is documented, or offer what nothing follows. `judge` tells what is
 * wrong when the templates are used with some values.
 */
export function parameterProblems(
  stacks: Record<Kind, Stack>,
  judge: (given: Given) => { problems: string[]; made: string },
  found: (kind: Kind, ...problem: Parameters<Found>) => void,
) {
  for (const kind of ["environment", "service"] as const) {
    for (const [name, parameter] of Object.entries(stacks[kind].Parameters)) {
      if (!isObject(parameter) || PAIRED.includes(name)) continue;
      const documented = VARIANTS.flatMap((given) => given[kind]?.[name] ?? []);
      for (const value of new Set(documented)) {
        for (const why of refusals(parameter, value))
          found(kind, `Parameters.${name}`, `must take ${String(value)}, as documented, and wants ${why}`);
      }
      const [, form, words] = FORMS.find(([pattern]) => pattern.test(name)) ?? [];
      const text = String(parameter.Default ?? "");
      if (form && text !== "" && !form.test(text))
        found(kind, `Parameters.${name}.Default`, `must be ${words!}, is ${text}`);
      const known = [...documented, parameter.Default].map(String);
      for (const value of listOf(parameter.AllowedValues).filter((each) => !known.includes(String(each)))) {
        const why = whyNot(value, kind, name, judge);
        if (why !== null)
          found(kind, `Parameters.${name}.AllowedValues`, `must not have ${String(value)}: ${why}`);
      }
    }
  }
  const [ours, theirs] = [defaultsOf(stacks.environment), defaultsOf(stacks.service)];
  for (const [one, other] of SHARED) {
    if (ours[one] !== theirs[other])
      found(
        "service",
        `Parameters.${other}.Default`,
        `must be that of ${one} in the environment's template (${String(ours[one] ?? "none")}), whose exports it reads, ` +
          `is ${String(theirs[other] ?? "none")}`,
      );
  }
}

/** Why a value is good in no way in which the templates are used. */
function whyNot(
  value: Json,
  kind: Kind,
  name: string,
  judge: (given: Given) => { problems: string[]; made: string },
): string | null {
  const reasons: string[] = [];
  let isFollowed = false;
  for (const given of VARIANTS) {
    const [before, after] = [judge(given), judge({ ...given, [kind]: { ...given[kind], [name]: value } })];
    const [reason] = after.problems.filter((problem) => !before.problems.includes(problem));
    isFollowed ||= before.made !== after.made;
    if (reason === undefined && isFollowed) return null;
    if (reason !== undefined) reasons.push(reason);
  }
  return isFollowed ? reasons[0]! : "nothing is made otherwise by it";
}
