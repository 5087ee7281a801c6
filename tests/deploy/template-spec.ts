import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import type { PropertyType, Resource, TypeDefinition } from "@aws-cdk/service-spec-types";
import { intrinsic, isObject, type Json } from "./parse-yaml.ts";

/** The types that a template's parameter may have. */
export const PARAMETER_TYPE = /^(String|Number|CommaDelimitedList|List<.+>|AWS::.+)$/;

type Found = (key: string, message: string) => void;

let loaded: ReturnType<typeof loadAwsServiceSpecSync> | undefined;
const metrics = new Map<string, string[]>();

/** 15 MB of JSON, a second: only where it is asked. */
const spec = () => (loaded ??= loadAwsServiceSpecSync());

/** The type of resource as AWS publishes it, null where there is none. */
export function resourceType(type: string): Resource | null {
  return spec().lookup("resource", "cloudFormationType", "equals", type)[0] ?? null;
}

/** The metrics of a namespace that AWS documents. */
export function metricNames(namespace: string): string[] {
  let names = metrics.get(namespace);
  if (!names) {
    const all = spec().all("metric");
    names = all.filter((metric) => metric.namespace === namespace).map((metric) => metric.name);
    metrics.set(namespace, names);
  }
  return names;
}

/** Checks a resource's properties: that each exists, has its type, and that none is missing that must be there. */
export function checkProperties(resource: Resource, properties: Json | undefined, key: string, found: Found) {
  checkObject(resource.properties, properties ?? {}, key, found);
}

function checkObject(known: TypeDefinition["properties"], value: Json, key: string, found: Found) {
  if (!isObject(value)) return found(key, "must be an object");
  for (const [name, inner] of Object.entries(value)) {
    const property = known[name];
    if (property) checkType(property.type, inner, `${key}.${name}`, found);
    else found(`${key}.${name}`, "is no property that CloudFormation knows");
  }
  for (const [name, { required }] of Object.entries(known)) {
    if (required && !(name in value)) found(`${key}.${name}`, "is missing");
  }
}

function checkType(type: PropertyType, value: Json, key: string, found: Found): void {
  if (intrinsic(value)) return;
  switch (type.type) {
    case "string":
      if (typeof value === "object") found(key, "must be a string");
      return;
    case "number":
    case "integer":
      if (!/^-?\d+(\.\d+)?$/.test(String(value))) found(key, `must be a number, is ${JSON.stringify(value)}`);
      return;
    case "boolean":
      if (!/^(true|false)$/.test(String(value)))
        found(key, `must be true or false, is ${JSON.stringify(value)}`);
      return;
    case "array":
      if (!Array.isArray(value)) return found(key, "must be a list");
      value.forEach((item, index) => checkType(type.element, item, `${key}.${index}`, found));
      return;
    case "map":
      if (!isObject(value)) return found(key, "must be an object");
      for (const [name, item] of Object.entries(value))
        checkType(type.element, item, `${key}.${name}`, found);
      return;
    case "ref":
      checkObject(spec().get("typeDefinition", type.reference).properties, value, key, found);
      return;
    case "union":
      if (type.types.every((each) => hasProblem(each, value))) checkType(type.types[0]!, value, key, found);
      return;
    default:
      // JSON, tags and dates: anything goes.
      return;
  }
}

function hasProblem(type: PropertyType, value: Json): boolean {
  let problems = 0;
  checkType(type, value, "", () => (problems += 1));
  return problems > 0;
}
