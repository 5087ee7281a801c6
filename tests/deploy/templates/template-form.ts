import type { Found } from "../problem.ts";
import { intrinsic, isObject, object, oneOrMore, valueAt, type Json, type JsonObject } from "./parse-yaml.ts";
import { circleFrom } from "./circle.ts";
import { referencesIn } from "./references.ts";
import { words } from "../words.ts";

const NAMED_SECTIONS = ["Parameters", "Mappings", "Conditions", "Resources", "Outputs"];
const ATTRIBUTES_OF_A_RESOURCE = words(`
    Type Properties DependsOn Condition Metadata CreationPolicy DeletionPolicy UpdateReplacePolicy UpdatePolicy`);
const POLICIES: Readonly<Record<string, readonly string[]>> = {
  DeletionPolicy: ["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"],
  UpdateReplacePolicy: ["Delete", "Retain", "Snapshot"],
};
const ATTRIBUTES_OF_A_PARAMETER = words(`
    Type Default AllowedPattern AllowedValues ConstraintDescription Description MaxLength MaxValue MinLength
    MinValue NoEcho`);
/** How many arguments a function takes, from and to. */
const ARGUMENTS: Readonly<Record<string, readonly [number, number]>> = {
  "Fn::And": [2, 10],
  "Fn::Cidr": [2, 3],
  "Fn::Equals": [2, 2],
  "Fn::FindInMap": [3, 4],
  "Fn::If": [3, 3],
  "Fn::Join": [2, 2],
  "Fn::Not": [1, 1],
  "Fn::Or": [2, 10],
  "Fn::Select": [2, 2],
  "Fn::Split": [2, 2],
};
const MOST_DESCRIPTION_BYTES = 1_024;

/** What CloudFormation refuses in any template, whatever its resources are, or takes otherwise than it is meant. */
export function formProblems(template: JsonObject, found: Found) {
  const section = (name: string) => Object.entries(object(template[name]));
  for (const name of NAMED_SECTIONS) {
    for (const [id] of section(name)) {
      if (!/^[A-Za-z0-9]+$/.test(id) && !id.startsWith("Fn::"))
        found(
          `${name}.${id}`,
          "must be called by letters and digits alone, or CloudFormation refuses the template",
        );
    }
  }
  const { AWSTemplateFormatVersion: version = "2010-09-09", Description: text = "" } = template;
  if (version !== "2010-09-09")
    found("AWSTemplateFormatVersion", "must be 2010-09-09, the only version there is");
  if (Buffer.byteLength(String(text)) > MOST_DESCRIPTION_BYTES)
    found(
      "Description",
      `must have at most ${MOST_DESCRIPTION_BYTES} bytes, or CloudFormation refuses the template`,
    );
  for (const [name, parameter] of section("Parameters"))
    parameterProblems(parameter, (key, message) => found(`Parameters.${name}${key}`, message));
  const resources = Object.fromEntries(section("Resources"));
  for (const [id, resource] of Object.entries(resources)) {
    if (isObject(resource))
      attributeProblems(resource, resources, (key, message) => found(`Resources.${id}.${key}`, message));
  }
  circleProblems(resources, found);
  conditionProblems(template, found);
  exportProblems(section("Outputs"), found);
  const names = [...section("Parameters"), ...section("Resources")].map(([name]) => name);
  for (const name of ["Conditions", "Resources", "Outputs"]) {
    for (const [id, value] of section(name)) callProblems(value, new Set(names), `${name}.${id}`, found);
  }
}

function attributeProblems(resource: JsonObject, resources: JsonObject, found: Found) {
  for (const name of Object.keys(resource)) {
    if (!ATTRIBUTES_OF_A_RESOURCE.includes(name)) found(name, "is nothing that a resource has");
  }
  for (const [name, choices] of Object.entries(POLICIES)) {
    const value = resource[name];
    if (value !== undefined && intrinsic(value) === null && !choices.includes(String(value)))
      found(name, `must be one of ${choices.join(", ")}, is ${JSON.stringify(value)}`);
  }
  for (const id of oneOrMore(resource.DependsOn).map(String)) {
    if (!(id in resources)) found("DependsOn", `there is no resource ${id}`);
  }
}

/** Whether a parameter takes its own default. */
function parameterProblems(parameter: Json, found: Found) {
  if (!isObject(parameter)) return found("", "must be an object");
  for (const key of Object.keys(parameter)) {
    if (!ATTRIBUTES_OF_A_PARAMETER.includes(key)) found(`.${key}`, "is nothing that a parameter has");
  }
  if (!("Default" in parameter)) return;
  for (const why of refusals(parameter, parameter.Default!))
    found(".Default", `must be ${why}, or a stack without a value for it fails`);
}

/** What a value of a parameter would have to be. */
export function refusals(parameter: JsonObject, given: Json): string[] {
  const { AllowedValues: allowed, AllowedPattern: pattern, Type: type } = parameter;
  if (given === null || typeof given === "object") return ["a text or a number"];
  const text = String(given);
  const why: string[] = [];
  if (Array.isArray(allowed) && !allowed.map(String).includes(text)) why.push(`one of ${allowed.join(", ")}`);
  if (typeof pattern === "string" && !isWhole(text, pattern)) why.push(`of the form ${pattern}`);
  if (type !== "Number") return why;
  const number = Number(text);
  const { MinValue: least = number, MaxValue: most = number } = parameter;
  if (text.trim() === "" || Number.isNaN(number)) why.push("a number");
  else if (number < Number(least)) why.push(`${String(least)} at least`);
  else if (number > Number(most)) why.push(`${String(most)} at most`);
  return why;
}

/** Patterns of CloudFormation are those of Java: one that JavaScript does not know is not judged. */
function isWhole(text: string, pattern: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(text);
  } catch {
    return true;
  }
}

/** Resources that wait for each other: CloudFormation makes none of them. */
function circleProblems(resources: JsonObject, found: Found) {
  const waits = new Map(Object.entries(resources).map(([id, resource]) => [id, waitedFor(resource)]));
  // What waits for nothing, or only for such, is in no circle.
  for (let left = -1; left !== waits.size;) {
    left = waits.size;
    for (const [id, others] of waits) if (!others.some((other) => waits.has(other))) waits.delete(id);
  }
  for (const id of waits.keys()) {
    const circle = circleFrom(id, (each) => waits.get(each) ?? []);
    if (circle?.[0] === id)
      found(`Resources.${id}`, `waits for itself (${circle.join(" → ")}), so that nothing is made`);
  }
}

function waitedFor(resource: Json): string[] {
  const references = referencesIn(resource).filter(({ kind }) => kind === "value");
  return [...references.map(({ id }) => id), ...oneOrMore(valueAt(resource, "DependsOn")).map(String)];
}

/** CloudFormation decides conditions before it makes anything. */
function conditionProblems({ Conditions, Parameters, Resources }: JsonObject, found: Found) {
  for (const [name, condition] of Object.entries(object(Conditions))) {
    for (const { kind, id } of referencesIn(condition)) {
      const key = `Conditions.${name}`;
      if (kind === "condition" && valueAt(Conditions, id) === undefined)
        found(key, `there is no condition ${id}`);
      if (kind !== "value" || valueAt(Parameters, id) !== undefined) continue;
      if (valueAt(Resources, id) === undefined) found(key, `there is no parameter ${id}`);
      else found(key, `asks for the resource ${id}, and a condition knows parameters and mappings only`);
    }
  }
}

/** Parameters whose value changes nothing, so that one passes them in vain, and conditions that nothing asks. `given` are others'. */
export function unusedProblems(template: JsonObject, found: Found, given: readonly string[] = []) {
  const { Parameters: _, Conditions, ...rest } = template;
  const used = new Set(referencesIn(rest).map(({ id }) => id));
  const asked = referencesIn(Conditions ?? null);
  const compared = JSON.stringify(Conditions ?? "");
  for (const name of Object.keys(object(template.Parameters))) {
    if (used.has(name) || given.includes(name)) continue;
    // Whether it is given at all: its value is then meant for something.
    const isEmpty = new RegExp(`"Fn::Equals":\\[\\{"Ref":"${name}"\\},(""|0|"0")\\]`);
    const isAsked = asked.some(({ kind, id }) => kind === "value" && id === name);
    if (!isAsked || isEmpty.test(compared))
      found(
        `Parameters.${name}`,
        `is used nowhere${isAsked ? " but in a condition" : ""}, so that its value changes nothing: ` +
          `write !Ref ${name} where a constant stands, or remove it`,
      );
  }
  for (const name of Object.keys(object(Conditions))) {
    if (
      !used.has(name) &&
      !given.includes(name) &&
      !asked.some(({ kind, id }) => kind === "condition" && id === name)
    )
      found(`Conditions.${name}`, "is used nowhere: write it where something depends on it, or remove it");
  }
}

/** A name may be exported once in a region. */
function exportProblems(outputs: [string, Json][], found: Found) {
  const owners = new Map<string, string>();
  for (const [id, output] of outputs) {
    const name = JSON.stringify(valueAt(output, "Export", "Name"));
    if (name === undefined) continue;
    const owner = owners.get(name);
    if (owner !== undefined) found(`Outputs.${id}.Export`, `has the name of ${owner}'s, so the stack fails`);
    owners.set(name, id);
  }
}

/** Functions with too few or too many arguments, and `${Name}` where no `!Sub` puts a value in its place. */
function callProblems(value: Json, names: ReadonlySet<string>, at: string, found: Found) {
  if (typeof value === "string") {
    for (const [all, name] of value.matchAll(/\$\{((?:AWS::)?\w+)(?:\.[\w.]+)?\}/g)) {
      if (names.has(name!) || name!.startsWith("AWS::"))
        found(at, `needs !Sub before its text, or ${all} stays as it is written`);
    }
    return;
  }
  const call = intrinsic(value);
  const takes = call && ARGUMENTS[call.name];
  if (call && takes) {
    const count = Array.isArray(call.argument) ? call.argument.length : 1;
    const [least, most] = takes;
    if (count < least || count > most)
      found(
        at,
        `${call.name} takes ${least === most ? least : `${least} to ${most}`} arguments, not ${count}`,
      );
  }
  if (call?.name === "Fn::Sub") {
    const words = Array.isArray(call.argument) ? call.argument[1] : undefined;
    return callProblems(words ?? null, names, at, found);
  }
  for (const [key, inner] of Object.entries(value ?? {})) {
    if (key !== "Metadata") callProblems(inner, names, call ? at : `${at}.${key}`, found);
  }
}
