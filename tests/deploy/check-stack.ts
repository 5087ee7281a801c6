import { environmentOutputs } from "./copilot/environment-stack.ts";
import { environmentParameters, serviceParameters, type Stack, type Variant } from "./copilot/variant.ts";
import { isObject, valueAt, type Json, type JsonObject } from "./templates/parse-yaml.ts";
import { SERVICE, type Found, type Report } from "./problem.ts";
import { referencesIn } from "./templates/references.ts";
import { holds, type Place } from "./templates/resolve-template.ts";
import { formProblems } from "./templates/template-form.ts";
import { checkProperties, isNoArnOf, resourceType } from "./templates/template-spec.ts";

const NODE = "nodejs24.x";

/** A stack of Copilot's before and after the patches of a file. */
export type Patched = { file: string; rendered: Stack; patched: Stack; place: Place };

/** Where stacks are deployed for a check, unless it says otherwise. */
export const USUAL_PLACE: Place = { region: "us-east-1", partition: "aws", account: "123456789012" };

/** Where and with which parameters Copilot deploys the two stacks of a variant. */
export function placesOf(variant: Variant): { environment: Place; service: Place } {
  const place = USUAL_PLACE;
  const stackName = `holdfast-${variant.environment.name}`;
  return {
    environment: {
      ...place,
      parameters: { "AWS::StackName": stackName, ...environmentParameters(variant) },
    },
    service: {
      ...place,
      parameters: { "AWS::StackName": `${stackName}-${SERVICE}`, ...serviceParameters(variant) },
    },
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
export function checkPatchedStack(stack: Patched, outputs: ReadonlyOutputs | null, report: Report) {
  const { file, rendered, patched } = stack;
  const found = (key: string, message: string) => report(file, key, message);
  for (const id of Object.keys(rendered.Resources)) {
    if (!isMade(stack, id) && isMade({ ...stack, patched: rendered }, id) && !isOptional(rendered, id))
      found(`Resources.${id}`, "is removed, and Holdfast needs it");
  }
  for (const [name, output] of Object.entries(rendered.Outputs)) {
    if (!keeps(output, patched.Outputs[name]))
      found(`Outputs.${name}`, "must stay as Copilot renders it, since other stacks read it");
  }
  formProblems(asTemplate(patched), found);
  for (const [name, parameter] of Object.entries(patched.Parameters)) {
    if (!(name in rendered.Parameters) && valueAt(parameter, "Default") === undefined)
      found(
        `Parameters.${name}.Default`,
        "is missing: Copilot passes no value to a parameter that is not its own",
      );
  }
  for (const [name, output] of Object.entries(patched.Outputs))
    checkReferences(`Outputs.${name}`, output, patched, outputs, found);
  for (const [id, resource] of Object.entries(patched.Resources)) {
    const key = `Resources.${id}`;
    checkReferences(key, resource, patched, outputs, found);
    const type = String(resource.Type);
    if (type.startsWith("Custom::")) continue;
    const known = resourceType(type);
    if (known) checkProperties(known, resource.Properties, `${key}.Properties`, found);
    else found(`${key}.Type`, `${type} is no type of resource that CloudFormation knows`);

    if (type !== "AWS::Lambda::Function" || !isMade(stack, id)) continue;
    const runtime = String(valueAt(resource, "Properties", "Runtime"));
    if (runtime !== NODE && (id in rendered.Resources || runtime.startsWith("nodejs"))) {
      found(`${key}.Properties.Runtime`, `must be patched to ${NODE}, is ${runtime}`);
    }
  }
}

/** The outputs of the environment's stack, each with the name of its export. */
type ReadonlyOutputs = ReadonlyMap<string, string | null>;

/** Whether what stood there still stands there. There may be more beside it. */
export function keeps(before: Json | undefined, after: Json | undefined): boolean {
  if (Array.isArray(before))
    return before.every((item) => Array.isArray(after) && after.some((other) => keeps(item, other)));
  if (isObject(before))
    return Object.entries(before).every(([key, value]) => keeps(value, valueAt(after, key)));
  return before === undefined || String(before) === String(after);
}

/**
 * What the chat does without: discovery by name, what only Copilot's own commands use, and a gateway for each zone. What
 * still refers to it is told by itself.
 */
function isOptional({ Resources }: Stack, id: string): boolean {
  const type = String(Resources[id]!.Type);
  return /^AWS::(ServiceDiscovery|Logs::ResourcePolicy|ApplicationAutoScaling|EC2::(NatGateway|EIP)$)/.test(
    type,
  );
}

function checkReferences(
  key: string,
  resource: JsonObject,
  { Resources, Parameters, Conditions }: Stack,
  outputs: ReadonlyOutputs | null,
  found: Found,
) {
  const { Condition, ...parts } = resource;
  if (typeof Condition === "string" && !(Condition in Conditions))
    found(`${key}.Condition`, `there is no condition ${Condition}`);
  for (const { kind, id, attribute, at } of referencesIn(withoutPolicies(parts))) {
    const where = `${key}.${at}`;
    if (kind === "condition") {
      if (!(id in Conditions)) found(where, `there is no condition ${id}`);
    } else if (kind === "value" && !(id in Resources) && !(id in Parameters)) {
      found(where, `there is no parameter or resource ${id}`);
    } else if (isNoArnOf(at, attribute, Resources[id]?.Type)) {
      found(where, `must be !GetAtt ${id}.Arn: !Ref is no ARN`);
    } else if (id === "EnvControllerAction" && attribute !== undefined && outputs) {
      if (!outputs.has(attribute)) found(where, missingOutput(attribute));
    } else if (attribute !== undefined) {
      const type = String(Resources[id]?.Type);
      const known = type === "AWS::CloudFormation::Stack" ? null : resourceType(type);
      if (known && !(attribute in known.attributes)) found(where, `${id} has no attribute ${attribute}`);
    }
  }
  for (const name of outputs ? missingImports(resource, outputs) : []) found(key, missingExport(name));
}

/** What a piece of a template imports of the environment's stack that it does not export. */
export function missingImports(piece: Json, outputs: ReadonlyOutputs): string[] {
  const exported = [...outputs.values()];
  const imports = JSON.stringify(piece).matchAll(
    /"Fn::ImportValue":\{"Fn::Sub":"\$\{App(?:Name)?\}-\$\{Env(?:Name)?\}-(\w+)"/g,
  );
  return [...imports].map(([, name]) => name!).filter((name) => !exported.includes(name));
}

export function missingExport(name: string): string {
  return `the environment's stack exports no ${name}, so the deployment fails`;
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
