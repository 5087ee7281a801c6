import { CONFIG_VARIABLES } from "~/config.server";
import { compositeProblems } from "./rules/alarm-rules.ts";
import { metricFilterProblems } from "./rules/log-rules.ts";
import { alarmProblems, dashboardProblems, type AddonContext } from "./rules/metrics.ts";
import { budgetProblems, queryProblems, topicProblems } from "./rules/notification-rules.ts";
import {
  intrinsic,
  isObject,
  object,
  oneOrMore,
  parseYaml,
  valueAt,
  type Json,
  type JsonObject,
} from "./templates/parse-yaml.ts";
import { ADDON_PARAMETERS, ADDONS, type Files, type Report } from "./problem.ts";
import { referencesIn } from "./templates/references.ts";
import type { CheckedEnvironment } from "./check-deployment.ts";
import { missingExport, missingImports, missingOutput } from "./check-stack.ts";
import type { Stack } from "./copilot/variant.ts";
import { formProblems, unusedProblems } from "./templates/template-form.ts";
import { sharedProblems } from "./rules/value-rules.ts";
import { checkProperties, isNoArnOf, PARAMETER_TYPE, resourceType } from "./templates/template-spec.ts";
import { words } from "./words.ts";

export type Addon = { file: string; template: JsonObject };

/** What Copilot merges, and what it leaves away without harm. */
const SECTIONS = words(`
    Parameters Mappings Conditions Transform Resources Outputs Metadata AWSTemplateFormatVersion Description`);
const GIVEN = ["App", "Env", "Name"];
/** Names that an account may have once in a region. */
const OF_ALL = /^(Alarm|Bucket|Dashboard|Function|LogGroup|ManagedPolicy|Queue|Role|Topic)Name$/;

/** Checks the addons' templates by themselves, with each other, and with the service's stack that calls them. */
export function checkAddons(
  files: Files,
  environments: readonly CheckedEnvironment[],
  report: Report,
): Addon[] {
  const addons = Object.keys(files)
    .filter((file) => file.startsWith(ADDONS) && file !== ADDON_PARAMETERS && /\.ya?ml$/.test(file))
    .flatMap((file) => {
      const template = parseYaml(file, files[file]!, report);
      if (isObject(template)) return [{ file, template }];
      return [];
    });
  const passed = checkPassedParameters(files, addons, environments, report);
  const sources = sourcesOf(passed);
  checkMerged(addons, report);
  for (const { file, template } of addons) {
    for (const section of Object.keys(template)) {
      if (!SECTIONS.includes(section)) report(file, section, "is no section that Copilot merges");
    }
    formProblems(template, (key, message) => report(file, key, message));
    unusedProblems(template, (key, message) => report(file, key, message), [
      ...GIVEN,
      ...Object.keys(passed),
      // Another addon may ask it: Copilot merges them.
      ...Object.keys(object(template.Conditions)),
    ]);
    checkParameters(file, template, passed, report);
    const context: AddonContext = {
      sources,
      resources: object(template.Resources),
      defaults: defaultsOf(template),
      written: new Set(Object.values(object(template.Resources)).flatMap(metricsOfFilter)),
      withoutInsights: environments.find(({ hasInsights }) => !hasInsights)?.name,
    };
    for (const [id, resource] of Object.entries(object(template.Resources))) {
      const key = `Resources.${id}`;
      if (isObject(resource)) checkResource(file, key, resource, context, report);
      else report(file, key, "must be an object");
    }
    topicProblems(context.resources, (at, message) => report(file, at, message));
    sharedProblems(context.resources, (at, message) => report(file, at, message));
    checkReferences(file, template, report);
    for (const { name, outputs } of environments) {
      for (const missing of missingImports(template, outputs))
        report(file, "Fn::ImportValue", `in ${name} ${missingExport(missing)}`);
    }
    checkOutputs(file, template, report);
  }
  return addons;
}

/** The metrics that a filter of the log writes, each as its namespace and name. */
function metricsOfFilter(resource: Json): string[] {
  return oneOrMore(valueAt(resource, "Properties", "MetricTransformations")).map((each) =>
    ["MetricNamespace", "MetricName"].map((key) => String(valueAt(each, key))).join(" "),
  );
}

/** Copilot makes one template of all, and refuses what stands in two of them with another meaning. */
function checkMerged(addons: readonly Addon[], report: Report) {
  const owners = new Map<string, { file: string; value: string }>();
  for (const { file, template } of addons) {
    const named = ["Parameters", "Conditions", "Resources", "Outputs"].flatMap((section) =>
      Object.entries(object(template[section])).map(([id, value]) => [`${section}.${id}`, value] as const),
    );
    const mapped = Object.entries(object(template.Mappings)).flatMap(([map, rows]) =>
      Object.entries(object(rows)).map(([row, value]) => [`Mappings.${map}.${row}`, value] as const),
    );
    for (const [key, given] of [...named, ...mapped]) {
      const value = JSON.stringify(given);
      const owner = owners.get(key);
      if (owner !== undefined && owner.value !== value)
        report(
          file,
          key,
          `stands in ${owner.file} too, and otherwise: Copilot merges them, and refuses that`,
        );
      owners.set(key, { file, value });
    }
  }
}

/** What parameters of a template are, if nobody passes another value. */
function defaultsOf(template: JsonObject): Map<string, Json> {
  const given = Object.entries(object(template.Parameters)).flatMap(([name, parameter]): [string, Json][] => {
    const value = object(parameter).Default;
    return value === undefined ? [] : [[name, value]];
  });
  return new Map(given);
}

/** What each parameter of the addons comes from: Copilot itself, or an attribute of the service's stack. */
function sourcesOf(passed: JsonObject): Map<string, string> {
  const given = Object.entries(passed).flatMap(([name, value]): [string, string][] => {
    const call = intrinsic(value);
    if (call === null) return [];
    return [
      [name, Array.isArray(call.argument) ? call.argument.map(String).join(".") : String(call.argument)],
    ];
  });
  return new Map([...GIVEN.map((name) => [name, name] as const), ...given]);
}

function checkResource(
  file: string,
  key: string,
  resource: JsonObject,
  context: AddonContext,
  report: Report,
) {
  const found = (at: string, message: string) => report(file, at, message);
  for (const [name, value] of Object.entries(object(resource.Properties))) {
    const isOfAll = OF_ALL.test(name) && !/\bEnv\b|AWS::StackName/.test(JSON.stringify(value));
    if (isOfAll)
      found(
        `${key}.Properties.${name}`,
        "is the same in every environment, so that the second deployment fails: write !Sub ${App}-${Env}-${Name}",
      );
  }
  const type = resourceType(String(resource.Type));
  if (!type)
    return found(`${key}.Type`, `${String(resource.Type)} is no type of resource that CloudFormation knows`);
  checkProperties(type, resource.Properties, `${key}.Properties`, found);
  if (resource.Type === "AWS::CloudWatch::Alarm")
    alarmProblems(resource.Properties!, `${key}.Properties`, context, found);
  if (resource.Type === "AWS::Budgets::Budget")
    budgetProblems(resource.Properties, `${key}.Properties`, context.defaults, found);
  const runtime = String(valueAt(resource.Properties, "Runtime"));
  if (resource.Type === "AWS::Lambda::Function" && /^nodejs(\d|1\d|20)\b/.test(runtime))
    found(`${key}.Properties.Runtime`, `must be nodejs24.x: AWS makes no more functions with ${runtime}`);
  if (resource.Type === "AWS::Logs::QueryDefinition")
    queryProblems(resource.Properties, `${key}.Properties`, found);
  const of = (at: string, message: string) => found(`${key}.Properties.${at}`, message);
  if (resource.Type === "AWS::CloudWatch::CompositeAlarm")
    compositeProblems(resource.Properties, context.resources, of);
  if (resource.Type === "AWS::Logs::MetricFilter") metricFilterProblems(resource.Properties, of);
  if (resource.Type === "AWS::CloudWatch::Dashboard") {
    dashboardProblems(resource.Properties!, `${key}.Properties.DashboardBody`, context, found);
  }
}

/** Copilot gives App, Env and Name to every template, and what addons.parameters.yml says; both sides must agree. */
function checkParameters(file: string, template: JsonObject, passed: JsonObject, report: Report) {
  const parameters = object(template.Parameters);
  for (const name of GIVEN) {
    if (!(name in parameters))
      report(file, `Parameters.${name}`, "is missing: Copilot passes it to every addon");
  }
  for (const [name, parameter] of Object.entries(parameters)) {
    const hasDefault = isObject(parameter) && "Default" in parameter;
    if (!GIVEN.includes(name) && !(name in passed) && !hasDefault) {
      report(file, `Parameters.${name}`, "is passed by nobody: name it in addons.parameters.yml");
    }
    const type = String(object(parameter).Type);
    if (GIVEN.includes(name) ? type !== "String" : !PARAMETER_TYPE.test(type)) {
      report(file, `Parameters.${name}.Type`, "must be String");
    }
  }
}

function checkPassedParameters(
  files: Files,
  addons: Addon[],
  environments: readonly CheckedEnvironment[],
  report: Report,
): JsonObject {
  const text = files[ADDON_PARAMETERS];
  if (text === undefined) return {};
  const passed = parseYaml(ADDON_PARAMETERS, text, report);
  const parameters = object(isObject(passed) ? passed.Parameters : undefined);
  for (const [name, value] of Object.entries(parameters)) {
    const key = `Parameters.${name}`;
    if (GIVEN.includes(name)) report(ADDON_PARAMETERS, key, "is passed by Copilot already");
    if (!addons.some(({ template }) => name in object(template.Parameters))) {
      report(ADDON_PARAMETERS, key, "is a parameter of no addon");
    }
    for (const { id, attribute } of referencesIn(value)) {
      for (const { name: environment, service, outputs } of environments) {
        if (!(id in service.Resources) && !(id in service.Parameters))
          report(ADDON_PARAMETERS, key, `${id} is no resource of the service's stack`);
        else if (reaches(service, id, "AddonsStack")) {
          report(ADDON_PARAMETERS, key, `${id} waits for the addons, and they would wait for it`);
        } else if (id === "EnvControllerAction" && attribute !== undefined && !outputs.has(attribute)) {
          report(ADDON_PARAMETERS, key, `in ${environment} ${missingOutput(attribute)}`);
        }
      }
    }
  }
  return parameters;
}

/** Whether a resource of the stack waits, over others, for another. */
function reaches(stack: Stack, from: string, to: string, seen = new Set<string>()): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  const resource = stack.Resources[from];
  if (!resource) return false;
  const next = [
    ...referencesIn(resource).map(({ id }) => id),
    ...[resource.DependsOn ?? []].flat().map(String),
  ];
  return next.some((id) => reaches(stack, id, to, seen));
}

function checkReferences(file: string, template: JsonObject, report: Report) {
  const resources = object(template.Resources);
  const names = new Set([...Object.keys(object(template.Parameters)), ...Object.keys(resources)]);
  const conditions = object(template.Conditions);
  const mappings = object(template.Mappings);
  for (const { kind, id, attribute, at } of referencesIn(template)) {
    if (kind === "condition") {
      if (!(id in conditions)) report(file, at, `there is no condition ${id}`);
    } else if (kind === "mapping") {
      if (!(id in mappings)) report(file, at, `there is no mapping ${id}`);
    } else if (!names.has(id)) {
      report(file, at, `there is no parameter or resource ${id}`);
    } else if (isNoArnOf(at, attribute, object(resources[id]).Type)) {
      report(file, at, `must be !GetAtt ${id}.Arn: !Ref is no ARN`);
    } else if (attribute !== undefined) {
      const type = resourceType(String(object(resources[id]).Type));
      if (type && !(attribute in type.attributes)) report(file, at, `${id} has no attribute ${attribute}`);
    }
  }
}

/** An output that is a managed policy joins the task role; a security group joins the service; else it is a variable. */
function checkOutputs(file: string, template: JsonObject, report: Report) {
  const resources = object(template.Resources);
  for (const [name, output] of Object.entries(object(template.Outputs))) {
    const value = object(output).Value;
    const resource = isObject(value) && typeof value.Ref === "string" ? object(resources[value.Ref]) : {};
    const variable = name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase();
    const joins = ["AWS::IAM::ManagedPolicy", "AWS::EC2::SecurityGroup"].includes(String(resource.Type));
    if (!joins && !CONFIG_VARIABLES.includes(variable)) {
      report(
        file,
        `Outputs.${name}`,
        "is no managed policy, so Copilot makes it an environment variable of the tasks",
      );
    }
  }
}
