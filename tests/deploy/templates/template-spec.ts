import type { Found } from "../problem.ts";
import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import type { Metric, PropertyType, Resource, TypeDefinition } from "@aws-cdk/service-spec-types";
import { intrinsic, isObject, type Json } from "./parse-yaml.ts";

/** The types that a template's parameter may have. */
export const PARAMETER_TYPE = /^(String|Number|CommaDelimitedList|List<.+>|AWS::.+)$/;

let loaded: ReturnType<typeof loadAwsServiceSpecSync> | undefined;
const metrics = new Map<string, Map<string, string[]>>();

/** 15 MB of JSON, a second: only where it is asked. */
const spec = () => (loaded ??= loadAwsServiceSpecSync());

/** The type of resource as AWS publishes it, null where there is none. */
export function resourceType(type: string): Resource | null {
  return spec().lookup("resource", "cloudFormationType", "equals", type)[0] ?? null;
}

/** Types whose `!Ref` is a name or an id. */
const NAMED_BY_REF =
  /^AWS::(IAM::Role|KMS::Key|Logs::LogGroup|WAFv2::|SQS::Queue|S3::Bucket|Lambda::Function|ECS::Cluster|EFS::|CloudWatch::Alarm)/;

/** Whether a reference that stands where an ARN belongs (`at`) comes to a name. */
export function isNoArnOf(at: string, attribute: string | undefined, type: Json | undefined): boolean {
  return attribute === undefined && /A(rn|RN)s?(\.\d+)?$/.test(at) && NAMED_BY_REF.test(String(type));
}

/** The metrics of a namespace that AWS documents, each with the sets of dimensions that it has, sorted and joined. */
export function metricsOf(namespace: string): Map<string, string[]> {
  let known = metrics.get(namespace);
  if (!known) {
    const all = spec().all("metric");
    const own = all.filter((metric) => metric.namespace === namespace);
    known = new Map(own.map((metric) => [metric.name, dimensionSets(metric)]));
    metrics.set(namespace, known);
  }
  return known;
}

function dimensionSets(metric: Metric): string[] {
  return spec()
    .follow("usesDimensionSet", metric)
    .map(({ entity }) => dimensionSet(entity.dimensions.map(({ name }) => name)));
}

/** Names of dimensions, which have no order, as one text. */
export function dimensionSet(names: readonly string[]): string {
  return names.toSorted().join(", ");
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
  const choices = "allowedValues" in type ? type.allowedValues?.map(String) : undefined;
  if (choices && !choices.includes(String(value)))
    return found(key, `must be one of ${choices.join(", ")}, is ${JSON.stringify(value)}`);
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
