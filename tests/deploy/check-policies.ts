import {
  deniedGuardrail,
  deniedOf,
  BEDROCK_REGIONS,
  offeredModels,
  placeOf,
  tooMuch,
} from "./rules/bedrock-access.ts";
import type { Addon } from "./check-addons.ts";
import { policyDocument, type PolicyDocument } from "./rules/iam.ts";
import { isObject, object, type JsonObject } from "./templates/parse-yaml.ts";
import type { Report } from "./problem.ts";
import { resolve, type Place } from "./templates/resolve-template.ts";
import { parseWith } from "./manifests/schema-problems.ts";

/** The most characters of a managed policy, spaces not counted. */
const POLICY_SIZE = 6_144;

/** What the tasks of one environment ask of Bedrock. */
export type BedrockUse = {
  /** Those that MODELS names, null for the app's own list. */
  models: readonly string[] | null;
  guardrail: string | null;
};

/**
 * Whether the policies among the addons let the tasks stream from exactly the models on offer, in every region that
 * has any, or from those that MODELS names instead in one of the environments, and apply their guardrails.
 */
export function checkPolicies(addons: readonly Addon[], uses: readonly BedrockUse[], report: Report) {
  const named = uses.flatMap(({ models }) => models ?? []);
  const isOffered = uses.some(({ models }) => models === null) || uses.length === 0;
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
  const unserved = new Set(named);
  const unguarded = new Set(uses.flatMap(({ guardrail }) => guardrail ?? []));
  for (const { file, template, id, resource } of attached) {
    const key = `Resources.${id}.Properties.PolicyDocument`;
    const problems = new Map<string, string>();
    for (const region of BEDROCK_REGIONS) {
      const place = placeOf(region);
      const policy = documentIn(place, template, resource, file, key, (message) =>
        problems.set(message, region),
      );
      if (!policy) continue;
      for (const model of named) if (!deniedOf(policy, model, place)) unserved.delete(model);
      for (const id of unguarded) if (!deniedGuardrail(policy, id, place)) unguarded.delete(id);
      const { missing, surplus } = accessProblems(policy, place);
      for (const message of [...(isOffered ? missing : []), ...(named.length > 0 ? [] : surplus)]) {
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
  for (const id of unguarded) {
    report(
      "copilot/chat/manifest.yml",
      "variables.BEDROCK_GUARDRAIL",
      `the tasks may not apply ${id} (bedrock:ApplyGuardrail), so every answer fails: see addons/bedrock.yml`,
    );
  }
}

/** What was found in a policy, which stays the same in most of the deployments that are checked in a row. */
const known = new Map<string, AccessProblems>();
const MAX_KNOWN = 10 * BEDROCK_REGIONS.length;

type AccessProblems = {
  /** What is on offer and denied. */
  missing: string[];
  surplus: string[];
};

function accessProblems(policy: PolicyDocument, place: Place): AccessProblems {
  const key = `${place.region} ${JSON.stringify(policy)}`;
  const before = known.get(key);
  if (before) return before;
  if (known.size >= MAX_KNOWN) known.clear();
  const now = findAccessProblems(policy, place);
  known.set(key, now);
  return now;
}

function findAccessProblems(policy: PolicyDocument, place: Place): AccessProblems {
  const offered = offeredModels(place.region);
  return {
    missing: offered.flatMap((model) => {
      const denied = deniedOf(policy, model, place);
      return denied === null ? [] : [`${model} is on offer, and ${denied} is denied`];
    }),
    surplus: tooMuch(policy, offered, place).map((what) => `allows ${what}, which nothing needs`),
  };
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
