import { z } from "zod";
import { agreementProblems, readImage, taskConfig, type Image } from "./agreement.ts";
import { parseDockerfile } from "../fixtures/dockerfile.ts";
import { ignoreProblems } from "./rules/build-rules.ts";
import { checkAddons } from "./check-addons.ts";
import { checkCompose } from "./check-compose.ts";
import { checkPolicies, type BedrockUse } from "./check-policies.ts";
import {
  ENVIRONMENT_TEMPLATE,
  identityProblems,
  NAMED_TWICE,
  readTemplates,
  SERVICE_TEMPLATE,
  surplusProblems,
  templatesOf,
  VARIANTS,
  variantProblems,
  type Given,
  type Templates,
} from "./check-templates.ts";
import { checkPatchedStack, outputsOf, placesOf, type Patched } from "./check-stack.ts";
import { environmentStack } from "./copilot/environment-stack.ts";
import { serviceStack } from "./copilot/service-stack.ts";
import { namesIn, variantOf, type Stack, type Variant } from "./copilot/variant.ts";
import { fileSystemProblems, volumeProblems } from "./rules/data-rules.ts";
import { firewallProblems, headerProblems } from "./rules/header-rules.ts";
import { distributionProblems } from "./rules/distribution-rules.ts";
import { dockerfileProblems } from "./rules/dockerfile-rules.ts";
import {
  environmentManifest,
  environmentProblems,
  type EnvironmentManifest,
} from "./manifests/environment-manifest.ts";
import { addressProblems, keptProblems, wayProblems } from "./rules/kept-rules.ts";
import { interpolated, mergeEnvironment } from "./manifests/merge-environment.ts";
import { isObject, object, parseYaml, type Json } from "./templates/parse-yaml.ts";
import { applyPatches, parsePatches, type Patch } from "./templates/patches.ts";
import {
  ENVIRONMENT_PATCHES,
  MANIFEST,
  SERVICE,
  SERVICE_PATCHES,
  type Files,
  type Problem,
  type Report,
} from "./problem.ts";
import { scalingProblems } from "./rules/scaling-rules.ts";
import { valueProblems } from "./rules/value-rules.ts";
import { nameProblems } from "./rules/name-rules.ts";
import { networkProblems } from "./rules/network-rules.ts";
import { parameterProblems } from "./rules/parameter-rules.ts";
import { parseWith } from "./manifests/schema-problems.ts";
import { settingProblems, type Surroundings } from "./rules/setting-rules.ts";
import { serviceManifest, type ServiceManifest } from "./manifests/service-manifest.ts";
import { serviceProblems } from "./rules/service-rules.ts";
import {
  commandProblems,
  deploymentProblems,
  effectiveManifest,
  openDoorProblems,
  settingsOf,
  signInProblems,
  taskProblems,
  taskRoleProblems,
  tlsProblems,
} from "./rules/task-rules.ts";

type Environment = { name: string; file: string; manifest: EnvironmentManifest; service: ServiceManifest };

const workspace = z.strictObject({
  application: z.string().regex(/^[a-z][a-z0-9-]{0,254}$/, "must be lower-case letters, digits and dashes"),
});

/** Everything that is wrong with a deployment, one line each; an empty list means that it is fit. */
export function checkDeployment(files: Files): string[] {
  const lines = new Set<string>();
  const report: Report = (file, key, message) => lines.add(`${file}: ${key}: ${message}`);
  const read = (file: string): Json | undefined => {
    if (files[file] !== undefined)
      return withoutExtensions(parseYaml(file, files[file], report, { mayHaveAliases: true }));
    report(file, "(file)", "is missing");
    return undefined;
  };

  const place = read("copilot/.workspace");
  const application =
    place === undefined ? undefined : parseWith(workspace, "copilot/.workspace", place, report)?.application;
  const image = checkDockerfile(files, report);
  if (image === null) return [...lines];
  const environments = readEnvironments(files, read, report);
  const patches = {
    service: patchesOf(SERVICE_PATCHES, files, report),
    environment: patchesOf(ENVIRONMENT_PATCHES, files, report),
  };

  for (const [secret, source] of Object.entries(environments[0]?.service.secrets ?? {})) {
    const [, owner] = (typeof source === "string" && /^\/copilot\/([a-z][^/]*)\//.exec(source)) || [];
    if (owner !== undefined && owner !== application)
      report(MANIFEST, `secrets.${secret}`, `is a secret of the application ${owner}, not of ${application}`);
  }
  nameProblems(environments, report);
  const checked = environments.map((environment) => checkEnvironment(environment, patches, image, report));
  const addons = checkAddons(files, checked, report);
  checkPolicies(
    addons,
    environments.map(({ service }) => bedrockUseOf(service, image)),
    report,
  );
  checkTemplates(files, image, report);
  checkCompose(files, image, report);
  const watching = addons.find(({ template }) => JSON.stringify(template).includes("Holdfast"));
  for (const { service } of watching ? environments : []) {
    if (service.variables.METRICS === "emf") continue;
    report(MANIFEST, "variables.METRICS", `must be emf: ${watching!.file} watches what the app writes then`);
  }
  return [...lines];
}

/** What the image says for itself, after it was checked. Null where its file cannot be read. */
function checkDockerfile(files: Files, report: Report): Image | null {
  const text = files.Dockerfile ?? "";
  let stages;
  try {
    stages = parseDockerfile(text);
  } catch (error) {
    report("Dockerfile", "(file)", `cannot be read: ${(error as Error).message}`);
    return null;
  }
  for (const { instruction, rule } of dockerfileProblems(text, stages))
    report("Dockerfile", instruction, `must be such that the image ${rule}`);
  ignoreProblems(files[".dockerignore"], stages, (key, message) => report(".dockerignore", key, message));
  return readImage(stages);
}

/** `x-…` at the top of a manifest are pieces for YAML's anchors, which Copilot ignores as it is meant. */
function withoutExtensions(value: Json | undefined): Json | undefined {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith("x-")));
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
  for (const name of names) {
    if (!/^[a-z][a-z0-9-]*$/.test(name))
      report(
        `copilot/environments/${name}`,
        "(folder)",
        "must be called by lower-case letters, digits and dashes",
      );
  }
  const given = read(MANIFEST);
  if (!isObject(given)) return [];
  checkInterpolation(MANIFEST, given, report);
  const { environments: overrides, ...base } = given;
  for (const [name, override] of Object.entries(object(overrides))) {
    const key = `environments.${name}`;
    if (!names.includes(name))
      report(MANIFEST, key, "is for an environment that is not there: it is ignored");
    else if (override !== null && !isObject(override)) report(MANIFEST, key, "must be an object");
    for (const each of ["name", "type", "environments"])
      if (isObject(override) && each in override)
        report(MANIFEST, `${key}.${each}`, "cannot differ between environments: Copilot ignores it here");
  }
  if (base.name !== SERVICE) report(MANIFEST, "name", `must be that of its folder, ${SERVICE}`);
  const known = new Set<string>();
  const isSound = parseWith(
    serviceManifest,
    MANIFEST,
    interpolated(base, names[0] ?? ""),
    (file, key, message) => {
      known.add(`${key}: ${message}`);
      report(file, key, message);
    },
  );
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
export type CheckedEnvironment = {
  name: string;
  service: Stack;
  outputs: Map<string, string | null>;
  hasInsights: boolean;
};

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
  for (const [secret, source] of Object.entries(service.secrets ?? {})) {
    const [, owner] = (typeof source === "string" && /^\/copilot\/[^/]+\/([a-z][^/]*)\//.exec(source)) || [];
    if (owner === undefined || owner === name) continue;
    report(MANIFEST, `secrets.${secret}`, `is a secret of ${owner}, which the tasks of ${name} may not read`);
  }
  const rendered = { service: serviceStack(variant), environment: environmentStack(variant) };
  const outputs = outputsOf(variant, rendered.environment);
  const hasInsights = manifest.observability?.container_insights === true;
  const checked = { name, service: rendered.service, outputs, hasInsights };
  if (!patches.service || !patches.environment) {
    for (const each of [...serviceProblems(service, manifest, image), ...taskConfig(service, image).problems])
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
  checkPatchedStack(patchedService, outputs, report);
  checkPatchedStack(patchedEnvironment, null, report);
  keptProblems(patchedService, patchedEnvironment, report);
  const settings = settingsOf(patchedService, patchedEnvironment, report);
  const asWritten = problemsOf(service, variant, image, settings);
  for (const { key, message } of asWritten) report(MANIFEST, key, message);
  checkWhatIsDeployed(variant, patchedService, patchedEnvironment, settings, image, asWritten, report);
  tlsProblems(patchedEnvironment, report, file);
  return checked;
}

type Settings = ReturnType<typeof settingsOf>;

/** What the app writes on a silent stream without HEARTBEAT_SECONDS. */
const HEARTBEAT_SECONDS = 5;

/** What is wrong with a manifest and the app's configuration in it. */
function problemsOf(
  manifest: ServiceManifest,
  { environment }: Variant,
  image: Image,
  settings: Settings,
): Problem[] {
  const cdn = environment.cdn !== undefined && environment.cdn !== false;
  const { config, problems } = taskConfig(manifest, image);
  const agreement = config
    ? agreementProblems(manifest, image, config, settings.user, { ...settings, cdn })
    : [];
  const around = aroundTask(manifest, image, settings.network);
  settingProblems({ ...image.env, ...manifest.variables }, around, (name, message) =>
    problems.push({ key: `variables.${name}`, message }),
  );
  return [...serviceProblems(manifest, environment, image), ...problems, ...agreement];
}

/** What the app finds around it in a task. */
function aroundTask(
  { image: given, storage, memory, sidecars, http, network }: ServiceManifest,
  image: Image,
  range: string | null,
): Surroundings {
  return {
    image,
    mounted: given.build === undefined ? null : Object.values(storage.volumes).map(({ path }) => path),
    memory,
    hasNeighbours: Object.keys(sidecars).length > 0,
    names: [http, ...http.additional_rules].flatMap(({ alias }) => namesIn(alias)),
    // With Service Connect other services have short names.
    hosts: network.connect === undefined || network.connect === false ? [] : null,
    network: range,
    otherwise: "write a name that is known in the VPC, or localhost for a container of the same task",
    secretPlace: "the whole of it under secrets",
  };
}

/** The rules about what the two stacks say after the patches. `known` are problems that were reported before. */
function checkWhatIsDeployed(
  variant: Variant,
  patchedService: Patched,
  patchedEnvironment: Patched,
  settings: Settings,
  image: Image,
  known: readonly Problem[],
  report: Report,
) {
  const { service } = variant;
  const effective = effectiveManifest(service, patchedService);
  for (const { key, message } of problemsOf(effective, variant, image, settings)) {
    if (known.some((each) => each.key === key && each.message === message)) continue;
    report(SERVICE_PATCHES, `(patched) ${key}`, message);
  }
  const { count } = effective;
  deploymentProblems(patchedService, typeof count === "number" ? count : count.range.min, report);
  if (service.command === undefined && service.entrypoint === undefined)
    commandProblems(patchedService, report);
  volumeProblems(patchedService, image.dataDir, (key, message) => report(SERVICE_PATCHES, key, message));
  fileSystemProblems(patchedEnvironment, (key, message) => report(ENVIRONMENT_PATCHES, key, message));
  signInProblems(patchedService, report);
  taskProblems(patchedService, effective, report);
  scalingProblems(patchedService, effective.variables, (key, message) =>
    report(SERVICE_PATCHES, key, message),
  );
  taskRoleProblems(patchedService, report);
  for (const stack of [patchedService, patchedEnvironment])
    valueProblems(stack, (key, message) => report(stack.file, key, message));
  openDoorProblems(patchedEnvironment, report);
  addressProblems(patchedEnvironment, (key, message) => report(ENVIRONMENT_PATCHES, key, message));
  firewallProblems(patchedEnvironment, report);
  headerProblems(patchedService, patchedEnvironment, report);
  for (const stack of [patchedService, patchedEnvironment])
    networkProblems(stack, (key, message) => report(stack.file, key, message));
  const heartbeat = Number(effective.variables.HEARTBEAT_SECONDS ?? HEARTBEAT_SECONDS);
  distributionProblems(patchedEnvironment, heartbeat, (key, message) =>
    report(ENVIRONMENT_PATCHES, key, message),
  );
  wayProblems(patchedEnvironment, (key, message) => report(ENVIRONMENT_PATCHES, key, message));
}

/** What was found last in the templates, which stay the same in most of the deployments that are checked in a row. */
let inTemplates: { of: string; found: Parameters<Report>[] } | null = null;

/** Reports what is wrong with the templates that stand for Copilot's stacks. */
function checkTemplates(files: Files, image: Image, report: Report) {
  const of = JSON.stringify([files[ENVIRONMENT_TEMPLATE], files[SERVICE_TEMPLATE], image]);
  if (inTemplates?.of !== of) {
    const found: Parameters<Report>[] = [];
    findInTemplates(files, image, (...each) => found.push(each));
    inTemplates = { of, found };
  }
  for (const each of inTemplates.found) report(...each);
}

/** The same rules for the templates, in each way in which they are used. */
function findInTemplates(files: Files, image: Image, report: Report) {
  const stacks = readTemplates(files, report);
  if (stacks === null) return;
  const asOfTemplates: Report = (file, key, message) => {
    const isOfEnvironment = file === ENVIRONMENT_PATCHES || file === ENVIRONMENT_TEMPLATE;
    report(
      isOfEnvironment ? ENVIRONMENT_TEMPLATE : SERVICE_TEMPLATE,
      key.replace("(patched) ", ""),
      message.replaceAll("must be patched to", "must be").replaceAll("must be patched in", "must be there"),
    );
  };
  const judge = (templates: Templates, found: Report) => {
    const { variant, service, environment } = templates;
    const settings = settingsOf(service, environment, found);
    identityProblems(templates, found);
    checkWhatIsDeployed(variant, service, environment, settings, image, [], found);
    tlsProblems(environment, found, ENVIRONMENT_TEMPLATE);
    variantProblems(stacks, templates, found);
  };
  try {
    const all = VARIANTS.map((given) => templatesOf(stacks, image, given));
    // What is wrong in each way is told of the first.
    const known = new Set<string>();
    for (const templates of all) {
      judge(templates, (file, key, message) => {
        const problem = `${file} ${key} ${message.replace(templates.way, "")}`;
        if (!known.has(problem)) asOfTemplates(file, key, message);
        known.add(problem);
      });
    }
    const judged = (given: Given) => {
      const templates = templatesOf(stacks, image, given);
      const problems: string[] = [];
      judge(templates, (_, key, message) => problems.push(`${key} ${message.replace(templates.way, "")}`));
      const made = JSON.stringify([templates.environment.patched, templates.service.patched]);
      return { problems, made };
    };
    parameterProblems(stacks, judged, (kind, key, message) =>
      report(kind === "environment" ? ENVIRONMENT_TEMPLATE : SERVICE_TEMPLATE, key, message),
    );
    surplusProblems(all, asOfTemplates);
    const named = templatesOf(stacks, image, NAMED_TWICE);
    tlsProblems(named.environment, asOfTemplates, ENVIRONMENT_TEMPLATE);
    distributionProblems(named.environment, HEARTBEAT_SECONDS, (key, message) =>
      report(ENVIRONMENT_TEMPLATE, key, message),
    );
    openDoorProblems(named.environment, asOfTemplates);
    identityProblems(named, asOfTemplates);
  } catch (error) {
    report(SERVICE_TEMPLATE, "(file)", `cannot be carried out: ${(error as Error).message}`);
  }
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

function bedrockUseOf(service: ServiceManifest, image: Image): BedrockUse {
  const model = taskConfig(service, image).config?.model;
  const ofBedrock = model?.models?.flatMap(({ id }) =>
    id.startsWith("bedrock/") ? [id.slice("bedrock/".length)] : [],
  );
  return { models: ofBedrock ?? null, guardrail: model?.bedrockGuardrail?.id ?? null };
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
