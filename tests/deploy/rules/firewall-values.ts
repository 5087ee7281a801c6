import { isObject, listOf, valueAt, type Json, type JsonObject } from "../templates/parse-yaml.ts";
import type { Found } from "../problem.ts";
import { referencesTo } from "../templates/references.ts";

/** Groups of rules that AWS manages and that refuse something by themselves. */
const MANAGED = new RegExp(
  "^AWSManagedRules(CommonRuleSet|AdminProtectionRuleSet|KnownBadInputsRuleSet|SQLiRuleSet|LinuxRuleSet|UnixRuleSet|" +
    "WindowsRuleSet|PHPRuleSet|WordPressRuleSet|AmazonIpReputationList|AnonymousIpList|BotControlRuleSet|ATPRuleSet|" +
    "ACFPRuleSet|AntiDDoSRuleSet)$",
);
/** Rules of such groups that take what people write for an attack, or for too long. */
const OF_BODIES: Readonly<Record<string, readonly string[]>> = {
  AWSManagedRulesCommonRuleSet: ["SizeRestrictions_BODY", "CrossSiteScripting_BODY"],
  AWSManagedRulesSQLiRuleSet: ["SQLi_BODY"],
};
/** A page asks for 60 files. */
const LEAST_LIMIT = 100;
/** The largest message (MAX_BODY_BYTES), below attached files. */
const LARGEST_MESSAGE = 262_144;
const NAME = /^[\w-]+$/;

const countries = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });
/** Two letters of ISO 3166. `UK` and `EU` have names too, and are no countries. */
export const isCountry = (code: string) =>
  /^[A-Z]{2}$/.test(code) &&
  !["UK", "EU", "EZ", "UN", "ZZ", "XA", "XB"].includes(code) &&
  countries.of(code) !== undefined;

/** Rules of a firewall that AWS refuses, or that refuse what people write. */
export function firewallRuleProblems(properties: Json, resources: Record<string, JsonObject>, wrong: Found) {
  for (const [index, rule] of listOf(valueAt(properties, "Rules")).entries()) {
    const at = (message: string) => wrong(`Rules.${index}`, message);
    const metric = valueAt(rule, "VisibilityConfig", "MetricName");
    if (typeof metric === "string" && !NAME.test(metric)) at(`MetricName must be one word, is ${metric}`);
    if (Number(valueAt(rule, "Priority")) < 0) at("Priority must be 0 at least");
    const limit = Number(valueAt(rule, "Statement", "RateBasedStatement", "Limit"));
    if (limit < LEAST_LIMIT)
      at(`Limit must be ${LEAST_LIMIT} at least, is ${limit}: a page alone asks for 60 files`);
    const group = valueAt(rule, "Statement", "ManagedRuleGroupStatement");
    if (isObject(group)) groupProblems(rule, group, at);
    statementProblems(valueAt(rule, "Statement"), resources, at);
  }
}

function groupProblems(rule: Json, group: JsonObject, at: (message: string) => void) {
  const name = String(group.Name);
  if (group.VendorName === "AWS" && !MANAGED.test(name)) at(`${name} is no group of rules that AWS has`);
  if (valueAt(rule, "OverrideAction") === undefined || valueAt(rule, "Action") !== undefined)
    at("must have OverrideAction in the place of Action: a group decides by itself");
  if (group.ScopeDownStatement !== undefined) return;
  const [overridden, left] = ["RuleActionOverrides", "ExcludedRules"].map((key) =>
    listOf(group[key]).map((each) => valueAt(each, "Name")),
  );
  const strict = (OF_BODIES[name] ?? []).filter(
    (each) => !overridden!.includes(each) && !left!.includes(each),
  );
  if (strict.length > 0)
    at(
      `refuses long messages, and those with code in them: let ${strict.join(", ")} count (RuleActionOverrides)`,
    );
}

/** Parts of conditions, however deep. */
function statementProblems(
  value: Json | undefined,
  resources: Record<string, JsonObject>,
  at: (message: string) => void,
) {
  if (typeof value !== "object" || value === null) return;
  const codes = listOf(valueAt(value, "GeoMatchStatement", "CountryCodes"));
  const unknown = codes.find((each) => typeof each === "string" && !isCountry(each));
  if (unknown !== undefined) at(`${String(unknown)} is no country, such as GB`);
  const size = valueAt(value, "SizeConstraintStatement");
  if (valueAt(size, "FieldToMatch", "Body") !== undefined && Number(valueAt(size, "Size")) < LARGEST_MESSAGE)
    at(`refuses messages: a body may have ${LARGEST_MESSAGE} bytes, and files more`);
  for (const id of referencesTo(valueAt(value, "IPSetReferenceStatement", "Arn")))
    setProblems(resources[id], at);
  for (const inner of Object.values(value)) statementProblems(inner, resources, at);
}

function setProblems(set: JsonObject | undefined, at: (message: string) => void) {
  const scope = valueAt(set?.Properties, "Scope");
  if (scope !== undefined && scope !== "REGIONAL")
    at(`asks for addresses of the scope ${String(scope)}: must be REGIONAL`);
  const bare = listOf(valueAt(set?.Properties, "Addresses")).find((each) => /^[\d.]+$/.test(String(each)));
  if (bare !== undefined) at(`${String(bare)} must have its length, such as ${String(bare)}/32`);
}
