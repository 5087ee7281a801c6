import { madeBy, madeByCopilot, REPLACED, type Made } from "./compare-stacks.ts";
import { placesOf, type Patched } from "./check-stack.ts";
import { variantOf, type Stack, type Variant } from "./copilot/variant.ts";
import { environmentManifest } from "./environment-manifest.ts";
import { isObject, parseYaml, type Json, type JsonObject } from "./parse-yaml.ts";
import { SERVICE, type Files, type Report } from "./problem.ts";
import { referencesIn } from "./references.ts";
import type { Place } from "./resolve-template.ts";
import { serviceManifest } from "./service-manifest.ts";
import { checkProperties, PARAMETER_TYPE, resourceType } from "./template-spec.ts";
import type { Image } from "./agreement.ts";

export const ENVIRONMENT_TEMPLATE = "copilot/cloudformation/environment.yml";
export const SERVICE_TEMPLATE = "copilot/cloudformation/service.yml";

/** What CloudFormation takes in a request without a bucket. */
const MOST_BYTES = 51_200;
const SECTIONS = [
  ..."AWSTemplateFormatVersion Description Metadata Parameters Mappings Conditions Rules Resources".split(
    " ",
  ),
  ..."Outputs Transform".split(" "),
];

/** The two templates that stand for Copilot's stacks, as they are and beside what Copilot would make. */
export type Templates = { variant: Variant; environment: Patched; service: Patched };

/** Reads our own templates, and checks what does not depend on Copilot. Null where one cannot be read. */
export function readTemplates(files: Files, report: Report): { environment: Stack; service: Stack } | null {
  const read = (file: string): Stack | null => {
    const text = files[file];
    if (text === undefined) return null;
    if (Buffer.byteLength(text) >= MOST_BYTES)
      report(file, "(file)", `is larger than the ${MOST_BYTES} bytes that need no bucket`);
    const value = parseYaml(file, text, report);
    if (!isObject(value)) return null;
    const sections = ["Parameters", "Conditions", "Resources", "Outputs"].map(
      (name) => [name, isObject(value[name]) ? value[name] : {}] as const,
    );
    const stack = { ...value, ...Object.fromEntries(sections) } as unknown as Stack;
    checkForm(file, value, stack, report);
    return stack;
  };
  const environment = read(ENVIRONMENT_TEMPLATE);
  const service = read(SERVICE_TEMPLATE);
  if (!environment || !service) return null;
  checkImports(environment, service, report);
  return { environment, service };
}

function checkForm(file: string, template: JsonObject, stack: Stack, report: Report) {
  const found = (key: string, message: string) => report(file, key, message);
  for (const section of Object.keys(template)) {
    if (!SECTIONS.includes(section)) found(section, "is no section of a template");
  }
  for (const [name, parameter] of Object.entries(stack.Parameters)) {
    const { Type } = isObject(parameter) ? parameter : {};
    if (!PARAMETER_TYPE.test(String(Type))) found(`Parameters.${name}.Type`, `${String(Type)} is no type`);
  }
  for (const [id, resource] of Object.entries(stack.Resources)) {
    const type = resourceType(String(resource.Type));
    if (/^Custom::|^AWS::Lambda::|^AWS::CloudFormation::Custom/.test(String(resource.Type)))
      found(`Resources.${id}`, "is a function, and its Node gets old: the templates do without");
    else if (type) checkProperties(type, resource.Properties, `Resources.${id}.Properties`, found);
    else
      found(
        `Resources.${id}.Type`,
        `${String(resource.Type)} is no type of resource that CloudFormation knows`,
      );
    for (const other of [resource.DependsOn ?? []].flat().map(String)) {
      if (!(other in stack.Resources)) found(`Resources.${id}.DependsOn`, `there is no resource ${other}`);
    }
  }
  const names = new Set([...Object.keys(stack.Parameters), ...Object.keys(stack.Resources)]);
  for (const { kind, id, attribute, at } of referencesIn(template)) {
    const type = attribute === undefined ? null : resourceType(String(stack.Resources[id]?.Type));
    if (kind === "condition" && !(id in stack.Conditions) && !/Policy|Statement/.test(at))
      found(at, `there is no condition ${id}`);
    else if (kind === "value" && !names.has(id)) found(at, `there is no parameter or resource ${id}`);
    else if (type && !(attribute! in type.attributes)) found(at, `${id} has no attribute ${attribute!}`);
  }
}

/** The service's stack imports what the environment's exports, by name. */
function checkImports(environment: Stack, service: Stack, report: Report) {
  const exported = Object.values(environment.Outputs).map(({ Export }) =>
    JSON.stringify(Export ?? "").replace(/.*\$\{AWS::StackName\}-(\w+).*/, "$1"),
  );
  const text = JSON.stringify(service);
  for (const [, name] of text.matchAll(
    /"Fn::ImportValue":\{"Fn::Sub":"\$\{AppName\}-\$\{EnvName\}-(\w+)"/g,
  )) {
    if (!exported.includes(name!))
      report(SERVICE_TEMPLATE, "Fn::ImportValue", `the environment exports no ${name!}`);
  }
}

/**
 * The templates with their functions carried out, beside Copilot's stacks of the same variant, for the rules about
 * what is deployed. `given` are parameters that differ from the defaults.
 */
export function templatesOf(
  stacks: { environment: Stack; service: Stack },
  image: Image,
  given: { environment?: Record<string, Json>; service?: Record<string, Json>; isHttps?: boolean } = {},
): Templates {
  const { CpuArchitecture } = { ...defaultsOf(stacks.service), ...given.service };
  const platform = CpuArchitecture === "X86_64" ? "linux/x86_64" : "linux/arm64";
  const variant = baseVariant(image, platform, given.isHttps === true);
  const copilots = madeByCopilot(variant, { service: [], environment: [] });
  const { environment: place } = placesOf(variant);
  const names = { EnvironmentName: "prod", EnvName: "prod" };
  const beside = (
    file: string,
    stack: Stack,
    rendered: Made,
    parameters: Record<string, Json> = {},
  ): Patched => {
    const own: Place = { ...place, parameters: { ...defaultsOf(stack), ...names, ...parameters } };
    return { file, rendered: asStack(rendered), patched: asStack(madeBy(stack, own)), place: own };
  };
  return {
    variant,
    environment: beside(ENVIRONMENT_TEMPLATE, stacks.environment, copilots.environment, given.environment),
    service: beside(SERVICE_TEMPLATE, stacks.service, copilots.service, given.service),
  };
}

/** The ids under which the templates take Copilot's stacks over, and what would undo the scaling. */
export function identityProblems({ environment, service }: Templates, report: Report) {
  for (const { file, rendered, patched } of [environment, service]) {
    for (const id of Object.keys(rendered.Resources)) {
      if (id in patched.Resources || REPLACED.some((what) => what.test(`-${id}`))) continue;
      report(
        file,
        `Resources.${id}`,
        "is missing: under this name Copilot's stack has it, and is taken over",
      );
    }
  }
  const count = service.patched.Resources.Service?.Properties;
  if (isObject(count) && "DesiredCount" in count)
    report(
      SERVICE_TEMPLATE,
      "Resources.Service.Properties.DesiredCount",
      "undoes the scaling at each deployment",
    );
}

export function defaultsOf({ Parameters }: Stack): Record<string, Json> {
  const given = Object.entries(Parameters).flatMap(([name, parameter]) => {
    const value = isObject(parameter) ? parameter.Default : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}

/** A manifest that says nothing but what the app needs: the templates have the rest. */
function baseVariant({ port, dataDir, user }: Image, platform: string, isHttps: boolean): Variant {
  const [uid, gid] = user.split(":").map(Number);
  return variantOf(
    serviceManifest.parse({
      name: SERVICE,
      type: "Load Balanced Web Service",
      image: { build: "Dockerfile", port },
      http: { path: "/", healthcheck: "/readyz", ...(isHttps && { alias: "chat.example.com" }) },
      platform,
      count: { range: "2-10", cpu_percentage: 60, memory_percentage: 75 },
      exec: true,
      network: { vpc: { placement: "private" } },
      storage: { volumes: { data: { path: dataDir, read_only: false, efs: { uid, gid } } } },
    }),
    environmentManifest.parse({ name: "prod", type: "Environment" }),
  );
}

function asStack(made: Made): Stack {
  return { Parameters: {}, Conditions: {}, Resources: Object.fromEntries(made), Outputs: {} };
}
