import { z } from "zod";

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

const statement = z.strictObject({
  Sid: z
    .string()
    .regex(/^[A-Za-z0-9]*$/, "must be letters and digits")
    .optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Action: oneOrMore,
  Resource: oneOrMore,
  Condition: z
    .partialRecord(
      z.enum(
        ["StringEquals", "StringLike", "ArnEquals", "ArnLike"],
        "must be a condition that this check knows",
      ),
      z.record(z.string(), oneOrMore),
    )
    .optional(),
});

/** A policy of a role, without the elements that no policy of ours needs (NotAction, NotResource, Principal). */
export const policyDocument = z.strictObject({
  Version: z.literal("2012-10-17", "must be 2012-10-17: the older one has no variables"),
  Statement: z.array(statement).min(1),
});
export type PolicyDocument = z.output<typeof policyDocument>;

export type AccessRequest = {
  action: string;
  resource: string;
  /** What the service tells about the request. */
  context?: Readonly<Record<string, string>>;
};

/**
 * Whether IAM lets a role with this policy make the request: some statement allows it, and none denies it.
 * A small part of IAM, enough for policies of the form above; other policies of the role do not count.
 */
export function isAllowed(policy: PolicyDocument, request: AccessRequest): boolean {
  const applying = policy.Statement.filter((each) => applies(each, request)).map(({ Effect }) => Effect);
  return applying.includes("Allow") && !applying.includes("Deny");
}

function applies(
  { Action, Resource, Condition }: PolicyDocument["Statement"][number],
  request: AccessRequest,
) {
  return (
    Action.some((pattern) => isActionOf(pattern, request.action)) &&
    Resource.some((pattern) => matchesArn(pattern, request.resource)) &&
    Object.entries(Condition ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => holds(operator, values, request.context?.[key])),
    )
  );
}

/** Whether a pattern of a policy has the action, whose letters may be of any case. */
export function isActionOf(pattern: string, action: string): boolean {
  return matches(pattern.toLowerCase(), action.toLowerCase());
}

/** A key that the request does not have meets no condition. */
function holds(operator: string, values: readonly string[], given: string | undefined): boolean {
  if (given === undefined) return false;
  if (operator === "StringEquals") return values.includes(given);
  return values.some((value) =>
    operator === "StringLike" ? matches(value, given) : matchesArn(value, given),
  );
}

/** Each of the six parts of an ARN by itself: a star in the region does not reach into the account. */
function matchesArn(pattern: string, arn: string): boolean {
  if (pattern === "*") return true;
  const [wanted, given] = [partsOf(pattern), partsOf(arn)];
  return wanted.length === given.length && wanted.every((part, index) => matches(part, given[index]!));
}

/** A check asks a hundred thousand times about a few hundred ARNs. */
const knownParts = new Map<string, string[]>();
function partsOf(arn: string): string[] {
  let parts = knownParts.get(arn);
  if (!parts) {
    const all = arn.split(":");
    parts = [...all.slice(0, 5), all.slice(5).join(":")];
    knownParts.set(arn, parts);
  }
  return parts;
}

/** Null for a pattern without wildcards, which only the same text matches. */
const knownPatterns = new Map<string, RegExp | null>();
function matches(pattern: string, text: string): boolean {
  let compiled = knownPatterns.get(pattern);
  if (compiled === undefined) {
    compiled = /[*?]/.test(pattern) ? compiledPattern(pattern) : null;
    knownPatterns.set(pattern, compiled);
  }
  return compiled ? compiled.test(text) : pattern === text;
}

function compiledPattern(pattern: string): RegExp {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`, "s");
}
