import { z } from "zod";
import { agreementProblems, readImage, taskConfig, type Image } from "./agreement.ts";
import { checkAddons } from "./check-addons.ts";
import { checkPolicies } from "./check-policies.ts";
import { checkPatchedStack, outputsOf, placesOf, type Patched } from "./check-stack.ts";
import { environmentStack } from "./copilot/environment-stack.ts";
import { serviceStack } from "./copilot/service-stack.ts";
import { variantOf, type Stack, type Variant } from "./copilot/variant.ts";
import { fileSystemProblems, volumeProblems } from "./data-rules.ts";
import { dockerfileProblems } from "./dockerfile-rules.ts";
import {
  environmentManifest,
  environmentProblems,
  type EnvironmentManifest,
} from "./environment-manifest.ts";
import { mergeEnvironment } from "./merge-environment.ts";
import { isObject, parseYaml, type Json } from "./parse-yaml.ts";
import { applyPatches, parsePatches, type Patch } from "./patches.ts";
import {
  ENVIRONMENT_PATCHES,
  MANIFEST,
  SERVICE,
  SERVICE_PATCHES,
  type Files,
  type Report,
} from "./problem.ts";
import { parseWith } from "./schema-problems.ts";
import { serviceManifest, type ServiceManifest } from "./service-manifest.ts";
import { serviceProblems } from "./service-rules.ts";
import {
  commandProblems,
  deploymentProblems,
  effectiveManifest,
  openDoorProblems,
  settingsOf,
  signInProblems,
  taskProblems,
  tlsProblems,
} from "./task-rules.ts";

type Environment = { name: string; file: string; manifest: EnvironmentManifest; service: ServiceManifest };

const workspace = z.strictObject({
  application: z.string().regex(/^[a-z][a-z0-9-]{0,254}$/, "must be lower-case letters, digits and dashes"),
});

/** Everything that is wrong with a deployment, one line each; an empty list means that it is fit. */
export function checkDeployment(files: Files): string[] {
  const lines = new Set<string>();
  const report: Report = (file, key, message) => lines.add(`${file}: ${key}: ${message}`);
  const read = (file: string): Json | undefined => {
    if (files[file] !== undefined) return parseYaml(file, files[file], report);
    report(file, "(file)", "is missing");
    return undefined;
  };

  const place = read("copilot/.workspace");
  if (place !== undefined) parseWith(workspace, "copilot/.workspace", place, report);
  const image = readImage(files.Dockerfile ?? "");
  for (const { instruction, rule } of dockerfileProblems(files.Dockerfile ?? ""))
    report("Dockerfile", instruction, `must be such that the image ${rule}`);
  const environments = readEnvironments(files, read, report);
  const patches = {
    service: patchesOf(SERVICE_PATCHES, files, report),
    environment: patchesOf(ENVIRONMENT_PATCHES, files, report),
  };

  const checked = environments.map((environment) => checkEnvironment(environment, patches, image, report));
  const models = environments[0] ? modelsOf(environments[0].service, image) : null;
  const addons = checkAddons(files, checked, report);
  checkPolicies(addons, models, report);
  const watching = addons.find(({ template }) => JSON.stringify(template).includes("Holdfast"));
  for (const { service } of watching ? environments : []) {
    if (service.variables.METRICS === "emf") continue;
    report(MANIFEST, "variables.METRICS", `must be emf: ${watching!.file} watches what the app writes then`);
  }
  return [...lines];
}

/** Null where they cannot be read. Without a file Copilot deploys what it renders; the stack tells what it lacks. */
function patchesOf(file: string, files: Files, report: Report): Patch[] | null {
  return files[file] === undefined ? [] : parsePatches(file, parseYaml(file, files[file], report), report);
}

/** The manifests of the environments, each with the service's manifest as it gets it. */
function readEnvironments(
  files: Files,
  read: (file: string) => Json | undefined,
  report: Report,
): Environment[] {
  const names = Object.keys(files).flatMap(
    (file) => /^copilot\/environments\/([^/]+)\/manifest\.yml$/.exec(file)?.[1] ?? [],
  );
  if (names.length === 0) report("copilot/environments", "(folder)", "has no environment");
  const given = read(MANIFEST);
  if (!isObject(given)) return [];
  checkInterpolation(MANIFEST, given, report);
  const { environments: overrides, ...base } = given;
  for (const [name, override] of Object.entries(isObject(overrides) ? overrides : {})) {
    const key = `environments.${name}`;
    if (!names.includes(name))
      report(MANIFEST, key, "is for an environment that is not there: it is ignored");
    else if (override !== null && !isObject(override)) report(MANIFEST, key, "must be an object");
  }
  if (base.name !== SERVICE) report(MANIFEST, "name", `must be that of its folder, ${SERVICE}`);
  const known = new Set<string>();
  const isSound = parseWith(serviceManifest, MANIFEST, base, (file, key, message) => {
    known.add(`${key}: ${message}`);
    report(file, key, message);
  });
  if (isSound === null && known.size === 0) return [];

  return names.flatMap((name) => {
    const file = `copilot/environments/${name}/manifest.yml`;
    const value = read(file);
    if (value !== undefined) checkInterpolation(file, value, report);
    const manifest = parseWith(environmentManifest, file, value, report);
    const service = parseWith(serviceManifest, MANIFEST, mergeEnvironment(given, name), (_, key, message) => {
      if (!known.has(`${key}: ${message}`)) report(MANIFEST, `environments.${name}.${key}`, message);
    });
    if (!manifest || !service) return [];
    for (const problem of environmentProblems(manifest, name)) report(file, problem.key, problem.message);
    return [{ name, file, manifest, service }];
  });
}

/** What one environment has, for the check of the addons. Null where its patches cannot be read. */
export type CheckedEnvironment = { name: string; service: Stack; outputs: Map<string, string | null> };

function checkEnvironment(
  { name, file, manifest, service }: Environment,
  patches: { service: Patch[] | null; environment: Patch[] | null },
  image: Image,
  report: Report,
): CheckedEnvironment {
  const variant = variantOf(service, manifest);
  const { certificates } = manifest.http?.public ?? {};
  if (certificates && !service.http.alias) {
    report(file, "http.public.certificates", "need http.alias in the service's manifest");
  }
  const rendered = { service: serviceStack(variant), environment: environmentStack(variant) };
  const outputs = outputsOf(variant, rendered.environment);
  const checked = { name, service: rendered.service, outputs };
  if (!patches.service || !patches.environment) {
    for (const each of [...serviceProblems(service, manifest), ...taskConfig(service, image).problems])
      report(MANIFEST, each.key, each.message);
    return checked;
  }
  checkDomainPatches(variant, patches.environment, report);
  const places = placesOf(variant);
  const patchedService: Patched = {
    file: SERVICE_PATCHES,
    rendered: rendered.service,
    patched: patch(
      rendered.service,
      patches.service,
      SERVICE_PATCHES,
      `the service's stack in ${name}`,
      report,
    ),
    place: places.service,
  };
  const patchedEnvironment: Patched = {
    file: ENVIRONMENT_PATCHES,
    rendered: rendered.environment,
    patched: patch(
      rendered.environment,
      patches.environment,
      ENVIRONMENT_PATCHES,
      `the stack of ${name}`,
      report,
    ),
    place: places.environment,
  };
  checkPatchedStack(patchedService, new Set(outputs.keys()), report);
  checkPatchedStack(patchedEnvironment, null, report);
  checkWhatIsDeployed(variant, patchedService, patchedEnvironment, image, file, report);
  return checked;
}

/** The rules about what the two stacks say after the patches. */
function checkWhatIsDeployed(
  { service, environment }: Variant,
  patchedService: Patched,
  patchedEnvironment: Patched,
  image: Image,
  file: string,
  report: Report,
) {
  const effective = effectiveManifest(service, patchedService);
  const settings = settingsOf(patchedService, patchedEnvironment, report);
  const cdn = environment.cdn !== undefined && environment.cdn !== false;
  const problemsOf = (manifest: ServiceManifest) => {
    const { config, problems } = taskConfig(manifest, image);
    const agreement = config
      ? agreementProblems(manifest, image, config, settings.user, { ...settings, cdn })
      : [];
    return [...serviceProblems(manifest, environment), ...problems, ...agreement];
  };
  const asWritten = new Set(problemsOf(service).map(({ key, message }) => `${key}: ${message}`));
  for (const { key, message } of problemsOf(effective)) {
    if (asWritten.has(`${key}: ${message}`)) report(MANIFEST, key, message);
    else report(SERVICE_PATCHES, `(patched) ${key}`, message);
  }
  const { count } = effective;
  deploymentProblems(patchedService, typeof count === "number" ? count : count.range.min, report);
  if (service.command === undefined && service.entrypoint === undefined)
    commandProblems(patchedService, report);
  volumeProblems(patchedService, image.dataDir, (key, message) => report(SERVICE_PATCHES, key, message));
  fileSystemProblems(patchedEnvironment, (key, message) => report(ENVIRONMENT_PATCHES, key, message));
  tlsProblems(patchedEnvironment, report, file);
  signInProblems(patchedService, report);
  taskProblems(patchedService, effective, report);
  openDoorProblems(patchedEnvironment, report);
}

/** Patches of functions that exist for a domain behind CloudFront tell that there is one. */
function checkDomainPatches({ service, environment }: Variant, patches: Patch[], report: Report) {
  const hasPatches = patches.some(({ path }) => /CertificateReplicator|UniqueJSONValues/.test(path));
  const cdn = environment.cdn !== undefined && environment.cdn !== false;
  if (!hasPatches || !cdn || service.http.alias !== undefined) return;
  report(
    MANIFEST,
    "http.alias",
    "is missing: with a domain, CloudFront answers only for names that are aliases, and the load balancer redirects the rest",
  );
}

function patch(stack: Stack, list: Patch[], file: string, where: string, report: Report): Stack {
  return applyPatches(stack, list, ({ op, path }) =>
    report(file, path, `${op} finds nothing there in ${where}, so its deployment fails`),
  );
}

/** The models that MODELS names, null for the app's own list. */
function modelsOf(service: ServiceManifest, image: Image): string[] | null {
  const listed = taskConfig(service, image).config?.model.models;
  return (
    listed?.flatMap(({ id }) => (id.startsWith("bedrock/") ? [id.slice("bedrock/".length)] : [])) ?? null
  );
}

/** Copilot puts variables of the deployer's shell in place of ${NAME}, and fails where there is none. */
function checkInterpolation(file: string, value: Json, report: Report, at: string[] = []) {
  if (typeof value === "string") {
    for (const [, name] of value.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)) {
      if (name !== "COPILOT_APPLICATION_NAME" && name !== "COPILOT_ENVIRONMENT_NAME") {
        report(file, at.join("."), `takes ${name!} from the shell of whoever deploys`);
      }
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) checkInterpolation(file, inner, report, [...at, key]);
  }
}
