import { asTemplate, outputsOf, placesOf } from "./check-stack.ts";
import { environmentStack } from "./copilot/environment-stack.ts";
import { serviceStack } from "./copilot/service-stack.ts";
import type { Stack, Variant } from "./copilot/variant.ts";
import { isObject, type Json, type JsonObject } from "./parse-yaml.ts";
import { applyPatches, type Patch } from "./patches.ts";
import { holds, resolve, type Place } from "./resolve-template.ts";

/** The resources that a template makes in one place, with all functions carried out. */
export type Made = Map<string, JsonObject>;

/** What Copilot makes of the manifests and patches: the stacks of the environment and of the service. */
export function madeByCopilot(
  variant: Variant,
  patches: { service: Patch[]; environment: Patch[] },
): { environment: Made; service: Made } {
  const places = placesOf(variant);
  const failed = ({ path }: Patch) => {
    throw new Error(`${path} finds nothing there`);
  };
  const environment = applyPatches(environmentStack(variant), patches.environment, failed);
  const service = applyPatches(serviceStack(variant), patches.service, failed);
  const exports = outputsOf(variant, environment);
  return {
    environment: madeBy(environment, places.environment),
    service: imported(madeBy(service, places.service), exports, variant.environment.name),
  };
}

/** Everything of a template whose condition holds. */
export function madeBy(stack: Stack, place: Place): Made {
  const template = asTemplate(stack);
  const made: Made = new Map();
  for (const [id, { Condition, Metadata: _, ...resource }] of Object.entries(stack.Resources)) {
    if (Condition !== undefined && !holds(String(Condition), template, place)) continue;
    made.set(id, resolve(resource, template, place) as JsonObject);
  }
  return made;
}

/** Copilot's service asks its controller for what the environment exports; a template of ours imports it. */
function imported(made: Made, exports: Map<string, string | null>, environment: string): Made {
  const text = JSON.stringify([...made]).replaceAll(
    /attribute EnvControllerAction\.(\w+)/g,
    (all, output: string) => {
      const name = exports.get(output);
      return name == null ? all : `import holdfast-${environment}-${name}`;
    },
  );
  return new Map(JSON.parse(text) as [string, JsonObject][]);
}

/** Where two stacks differ: `Id` where one lacks a resource, else the path of the value. */
export function differences(one: Made, other: Made): string[] {
  const ids = new Set([...one.keys(), ...other.keys()]);
  return [...ids].flatMap((id) => {
    const [a, b] = [one.get(id), other.get(id)];
    if (a === undefined) return [`+${id}`];
    if (b === undefined) return [`-${id}`];
    return differing(normal(a), normal(b), id);
  });
}

function differing(a: Json | undefined, b: Json | undefined, at: string): string[] {
  if (isObject(a) && isObject(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].flatMap((key) => differing(a[key], b[key], `${at}.${key}`));
  }
  return JSON.stringify(a) === JSON.stringify(b) ? [] : [at];
}

/** CloudFormation takes "60" for 60; lists of pairs have no order; a list of one is as good as its item. */
function normal(value: Json): Json {
  if (Array.isArray(value)) {
    const items = value.map(normal);
    for (const [key, of] of [
      ["Name", "Value"],
      ["Key", "Value"],
      ["PolicyName", null],
    ] as const) {
      if (items.length > 0 && items.every((item) => isObject(item) && key in item)) {
        const objects = items as JsonObject[];
        return Object.fromEntries(
          objects.map((item) => [String(item[key]), of === null ? item : (item[of] ?? item)]),
        );
      }
    }
    return items.length === 1 ? items[0]! : items;
  }
  if (isObject(value)) {
    const entries = Object.entries(value).filter(([key, inner]) => !isEmpty(key, inner));
    return Object.fromEntries(
      entries.map(([key, inner]) => [key, normal(inner)] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  }
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

/** The order of creation, which concerns one template alone, and lists without items. */
function isEmpty(key: string, value: Json): boolean {
  return key === "DependsOn" || (Array.isArray(value) && value.length === 0);
}
