import { environmentOutputs } from "./copilot/environment-stack.ts";
import { environmentParameters, serviceParameters, type Stack, type Variant } from "./copilot/variant.ts";
import { valueAt, type Json, type JsonObject } from "./parse-yaml.ts";
import type { Report } from "./problem.ts";
import { referencesIn } from "./references.ts";
import { holds, type Place } from "./resolve-template.ts";
import { checkProperties, resourceType } from "./template-spec.ts";

const NODE = "nodejs24.x";
const ATTRIBUTES_OF_A_RESOURCE = [
  ..."Type Properties DependsOn Condition Metadata DeletionPolicy UpdateReplacePolicy UpdatePolicy".split(
    " ",
  ),
];

/** A stack of Copilot's before and after the patches of a file. */
export type Patched = { file: string; rendered: Stack; patched: Stack; place: Place };

/** Where and with which parameters Copilot deploys the two stacks of a variant. */
export function placesOf(variant: Variant): { environment: Place; service: Place } {
  const place = { region: "us-east-1", partition: "aws", account: "123456789012" };
  return {
    environment: { ...place, parameters: environmentParameters(variant) },
    service: { ...place, parameters: serviceParameters(variant) },
  };
}

/** Whether a resource is made, by its condition. One that is not in the template is not. */
export function isMade({ patched, place }: Pick<Patched, "patched" | "place">, id: string): boolean {
  const resource = patched.Resources[id];
  if (resource === undefined) return false;
  const { Condition } = resource;
  if (Condition === undefined) return true;
  return String(Condition) in patched.Conditions && holds(String(Condition), asTemplate(patched), place);
}

/** The outputs that the environment's stack has in this variant, which the service's stack reads from its controller. */
export function outputsOf(variant: Variant, stack: Stack): Map<string, string | null> {
  const { environment } = placesOf(variant);
  return environmentOutputs(variant, (condition) => holds(condition, asTemplate(stack), environment));
}

/** Checks a stack after the patches: its form against what AWS publishes, and the Node of Copilot's functions. */
export function checkPatchedStack(stack: Patched, attributes: ReadonlySet<string> | null, report: Report) {
  const { file, rendered, patched } = stack;
  const found = (key: string, message: string) => report(file, key, message);
  for (const id of Object.keys(rendered.Resources)) {
    if (
      !(id in patched.Resources) &&
      isMade({ ...stack, patched: rendered }, id) &&
      !isOptional(rendered, id)
    )
      found(`Resources.${id}`, "is removed, and Holdfast needs it");
  }
  for (const [id, resource] of Object.entries(patched.Resources)) {
    const key = `Resources.${id}`;
    for (const name of Object.keys(resource)) {
      if (!ATTRIBUTES_OF_A_RESOURCE.includes(name)) found(`${key}.${name}`, "is nothing that a resource has");
    }
    checkReferences(key, resource, patched, attributes, found);
    const type = String(resource.Type);
    if (type.startsWith("Custom::")) continue;
    const known = resourceType(type);
    if (known) checkProperties(known, resource.Properties, `${key}.Properties`, found);
    else found(`${key}.Type`, `${type} is no type of resource that CloudFormation knows`);

    if (type !== "AWS::Lambda::Function" || !isMade(stack, id)) continue;
    const runtime = valueAt(resource, "Properties", "Runtime");
    if (runtime !== NODE) {
      found(`${key}.Properties.Runtime`, `must be patched to ${NODE}, is ${String(runtime)}`);
    }
  }
}

/** What the chat does without: discovery by name, and what only Copilot's own commands use. */
function isOptional({ Resources }: Stack, id: string): boolean {
  const type = String(Resources[id]!.Type);
  return /^AWS::(ServiceDiscovery|Logs::ResourcePolicy|ApplicationAutoScaling)/.test(type);
}

function checkReferences(
  key: string,
  resource: JsonObject,
  { Resources, Parameters, Conditions }: Stack,
  attributes: ReadonlySet<string> | null,
  found: (key: string, message: string) => void,
) {
  const waits = [resource.DependsOn ?? []].flat().map(String);
  for (const id of waits) {
    if (!(id in Resources)) found(`${key}.DependsOn`, `there is no resource ${id}`);
  }
  const { Condition, ...parts } = resource;
  if (typeof Condition === "string" && !(Condition in Conditions))
    found(`${key}.Condition`, `there is no condition ${Condition}`);
  for (const { kind, id, attribute, at } of referencesIn(withoutPolicies(parts))) {
    const where = `${key}.${at}`;
    if (kind === "condition") {
      if (!(id in Conditions)) found(where, `there is no condition ${id}`);
    } else if (kind === "value" && !(id in Resources) && !(id in Parameters)) {
      found(where, `there is no parameter or resource ${id}`);
    } else if (id === "EnvControllerAction" && attribute !== undefined && attributes) {
      if (!attributes.has(attribute)) found(where, missingOutput(attribute));
    }
  }
}

export function missingOutput(attribute: string): string {
  const why =
    attribute === "ManagedFileSystemID" ? ": Copilot makes no file system where efs.id names another" : "";
  return `the environment's stack has no output ${attribute}${why}, so the deployment fails`;
}

/** Statements have a `Condition` of their own, which is none of the template's. */
function withoutPolicies(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutPolicies);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(
    ([name, inner]) => name !== "Condition" || typeof inner === "string",
  );
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutPolicies(inner)]));
}

export function asTemplate(stack: Stack): JsonObject {
  return stack as unknown as JsonObject;
}
