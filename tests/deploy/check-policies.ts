import { deniedOf, BEDROCK_REGIONS, offeredModels, placeOf, tooMuch } from "./rules/bedrock-access.ts";
import type { Addon } from "./check-addons.ts";
import { policyDocument, type PolicyDocument } from "./rules/iam.ts";
import { isObject, object, type JsonObject } from "./templates/parse-yaml.ts";
import type { Report } from "./problem.ts";
import { resolve, type Place } from "./templates/resolve-template.ts";
import { parseWith } from "./manifests/schema-problems.ts";

/** The most characters of a managed policy, spaces not counted. */
const POLICY_SIZE = 6_144;

/**
 * Whether the policies among the addons let the tasks stream from exactly the models on offer, in every region that
 * has any. `models` are those that MODELS names instead, null for the app's own list.
 */
export function checkPolicies(addons: readonly Addon[], models: readonly string[] | null, report: Report) {
  const policies = addons.flatMap(({ file, template }) =>
    Object.entries(object(template.Resources))
      .filter(([, resource]) => object(resource).Type === "AWS::IAM::ManagedPolicy")
      .map(([id, resource]) => ({ file, template, id, resource: resource as JsonObject })),
  );
  const attached = policies.filter(({ template, id }) =>
    Object.values(object(template.Outputs)).some((output) => {
      const value = object(output).Value;
      return isObject(value) && value.Ref === id;
    }),
  );
  if (attached.length === 0) {
    report(
      "copilot/chat/addons/bedrock.yml",
      "Outputs",
      "names no policy, so the tasks may not call any model",
    );
    return;
  }
  const unserved = new Set(models ?? []);
  for (const { file, template, id, resource } of attached) {
    const key = `Resources.${id}.Properties.PolicyDocument`;
    const problems = new Map<string, string>();
    for (const region of BEDROCK_REGIONS) {
      const place = placeOf(region);
      const policy = documentIn(place, template, resource, file, key, (message) =>
        problems.set(message, region),
      );
      if (!policy) continue;
      for (const model of models ?? []) if (!deniedOf(policy, model, place)) unserved.delete(model);
      for (const message of models ? [] : accessProblems(policy, place)) {
        if (!problems.has(message)) problems.set(message, region);
      }
      if (problems.size > 2) break;
    }
    for (const [message, region] of [...problems].slice(0, 3)) report(file, key, `${region}: ${message}`);
  }
  for (const model of unserved) {
    report(
      "copilot/chat/manifest.yml",
      "variables.MODELS",
      `the tasks may call ${model} in no region: see addons/bedrock.yml`,
    );
  }
}

/** What was found in a policy, which stays the same in most of the deployments that are checked in a row. */
const known = new Map<string, string[]>();
const MAX_KNOWN = 10 * BEDROCK_REGIONS.length;

function accessProblems(policy: PolicyDocument, place: Place): string[] {
  const key = `${place.region} ${JSON.stringify(policy)}`;
  const before = known.get(key);
  if (before) return before;
  if (known.size >= MAX_KNOWN) known.clear();
  const now = findAccessProblems(policy, place);
  known.set(key, now);
  return now;
}

function findAccessProblems(policy: PolicyDocument, place: Place): string[] {
  const offered = offeredModels(place.region);
  return [
    ...offered.flatMap((model) => {
      const denied = deniedOf(policy, model, place);
      return denied === null ? [] : [`${model} is on offer, and ${denied} is denied`];
    }),
    ...tooMuch(policy, offered, place).map((what) => `allows ${what}, which nothing needs`),
  ];
}

function documentIn(
  place: Place,
  template: JsonObject,
  resource: JsonObject,
  file: string,
  key: string,
  failed: (message: string) => void,
): PolicyDocument | null {
  let resolved;
  try {
    resolved = resolve(object(resource.Properties).PolicyDocument ?? null, template, place);
  } catch (error) {
    failed((error as Error).message);
    return null;
  }
  const size = JSON.stringify(resolved).replaceAll(/\s/g, "").length;
  if (size > POLICY_SIZE) failed(`takes ${size} characters; IAM allows ${POLICY_SIZE}`);
  return parseWith(policyDocument, file, resolved, (_, at, message) => failed(`${at} ${message}`));
}
