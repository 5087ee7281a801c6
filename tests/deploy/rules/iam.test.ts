import { describe, expect, test } from "vitest";
import { isAllowed, policyDocument } from "./iam.ts";

const policyOf = (...statements: object[]) =>
  policyDocument.parse({ Version: "2012-10-17", Statement: statements });
const allow = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" };

// As IAM's manual has them: "Policy evaluation logic", "Resource", "Condition operators".
describe("a request", () => {
  const request = { action: "s3:GetObject", resource: "arn:aws:s3:::bucket/folder/key" };

  test("that nothing allows is denied", () => {
    expect(isAllowed(policyOf(allow), { ...request, action: "s3:PutObject" })).toBe(false);
  });

  test("is denied by one statement although another allows it", () => {
    expect(isAllowed(policyOf(allow), request)).toBe(true);
    expect(isAllowed(policyOf(allow, { Effect: "Deny", Action: "s3:*", Resource: "*" }), request)).toBe(
      false,
    );
  });

  test("has an action whose case does not matter", () => {
    expect(isAllowed(policyOf({ ...allow, Action: ["S3:get*"] }), request)).toBe(true);
  });

  test.each([
    ["arn:aws:bedrock:*::foundation-model/a", "arn:aws:bedrock:eu-west-1::foundation-model/a", true],
    ["arn:aws:bedrock:*::foundation-model/a", "arn:aws:bedrock:::foundation-model/a", true],
    ["arn:aws:bedrock:*::foundation-model/a", "arn:aws:bedrock:eu-west-1:1234:foundation-model/a", false],
    ["arn:aws:bedrock:*:foundation-model/a", "arn:aws:bedrock:eu-west-1::foundation-model/a", false],
    ["arn:aws:bedrock:*::foundation-model/a", "arn:aws:bedrock:eu-west-1::foundation-model/ab", false],
    ["arn:aws:bedrock:*::foundation-model/a.b", "arn:aws:bedrock:eu-west-1::foundation-model/aXb", false],
    ["arn:aws:bedrock:*::foundation-model/?", "arn:aws:bedrock:eu-west-1::foundation-model/a", true],
    ["arn:aws:bedrock:*::foundation-model/a:*", "arn:aws:bedrock:eu-west-1::foundation-model/a:0", true],
  ])("for %s and %s is %s", (pattern, resource, expected) => {
    expect(isAllowed(policyOf({ ...allow, Resource: pattern }), { ...request, resource })).toBe(expected);
  });

  test.each([
    ["StringEquals", "a*", "ab", false],
    ["StringLike", "a*", "ab", true],
    ["StringLike", ["x", "ab"], "ab", true],
    ["ArnLike", "arn:aws:s3:::a*", "arn:aws:s3:::ab", true],
    ["StringLike", "*", undefined, false],
  ])("under %s %j with %j is %s", (operator, value, given, expected) => {
    const policy = policyOf({ ...allow, Condition: { [operator]: { key: value } } });
    const context: Record<string, string> = given === undefined ? {} : { key: given };
    expect(isAllowed(policy, { ...request, context })).toBe(expected);
  });
});

test("what this evaluator does not know is refused, not passed over", () => {
  const statements = [
    { ...allow, NotAction: "s3:*" },
    { ...allow, Condition: { Bool: { key: "true" } } },
    { Effect: "Allow", NotResource: "*", Action: "*" },
  ];
  for (const statement of statements) expect(() => policyOf(statement)).toThrow();
});
