import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { placesOf } from "./check-stack.ts";
import { differences, madeBy, madeByCopilot } from "./compare-stacks.ts";
import { variantOf, type Stack, type Variant } from "./copilot/variant.ts";
import { environmentManifest } from "./environment-manifest.ts";
import { mergeEnvironment } from "./merge-environment.ts";
import { parseYaml, type Json, type JsonObject } from "./parse-yaml.ts";
import { parsePatches, type Patch } from "./patches.ts";
import { ENVIRONMENT_PATCHES, MANIFEST, SERVICE_PATCHES } from "./problem.ts";
import { readFiles } from "./read-files.ts";
import { referencesIn } from "./references.ts";
import { serviceManifest } from "./service-manifest.ts";
import { checkProperties, resourceType } from "./template-spec.ts";

const folder = fileURLToPath(new URL("../../copilot/cloudformation/", import.meta.url));
const files = readFiles();
const fail = (file: string, key: string, message: string) => {
  throw new Error(`${file}: ${key}: ${message}`);
};

function readTemplate(name: string): Stack {
  return parseYaml(name, readFileSync(folder + name, "utf8"), fail) as unknown as Stack;
}
const templates = { environment: readTemplate("environment.yml"), service: readTemplate("service.yml") };

/** Each difference between what Copilot makes and what our templates make, and why. `-`: only Copilot has it. */
const DIFFERENCES: readonly (readonly [what: RegExp, why: string])[] = [
  [
    /^-(\w+Function|\w+FunctionRole|EnvControllerRole|CustomResourceRole)$/,
    "no functions: what they look up or count is a parameter, a reference or ECS's own",
  ],
  [
    /^-(EnvControllerAction|DynamicDesiredCountAction|HTTPS?RulePriorityAction|HTTPRuleWithDomainPriorityAction)$/,
    "what the functions do",
  ],
  [
    /^-(DelegateDNSAction|HTTPSCert|CustomDomainAction|EnvironmentHostedZone)$/,
    "the certificate is a parameter, and its domain's records are made by hand",
  ],
  [
    /^-(CloudformationExecutionRole|EnvironmentManagerRole)$/,
    "the roles that Copilot itself takes; they are kept when a stack is taken over",
  ],
  [
    /^-(ServiceDiscoveryNamespace|DiscoveryService|LogResourcePolicy)$/,
    "nobody asks for the service by a private name, and no state machine logs",
  ],
  [
    /^-EnvironmentSecurityGroupIngressFromSelf$/,
    "tasks do not talk to each other, and the volume has a group of its own",
  ],
  [/^-AutoScalingRole$/, "Application Auto Scaling has a role of its own, with fewer rights"],
  [/^-AddonsStack$/, "the addons are stacks of their own, since a nested one needs a bucket"],
  [
    /^\+(MountTarget[12]|EFSSecurityGroup|EFSSecurityGroupIngressFromEnvironment|AccessPoint)$/,
    "a kept file system gets them by hand with Copilot",
  ],
  [/^AutoScalingTarget\.Properties\.RoleARN$/, "as AutoScalingRole"],
  [/^Service\.Properties\.DesiredCount$/, "a frozen number would undo the scaling at each deployment"],
  [
    /^Service\.Properties\.(Alarms|ServiceConnectConfiguration|ServiceRegistries)/,
    "switched off by Copilot, or discovery",
  ],
  [/^Service\.Properties\.DeploymentConfiguration\.Alarms/, "switched off by Copilot"],
  [/^HTTPS?ListenerRule(WithDomain)?\.Properties\.Priority$/, "a constant, since no other service has rules"],
  [
    /^TaskDefinition\.Properties\.ContainerDefinitions\.\w+\.Environment\.COPILOT_(LB_DNS|MOUNT_POINTS|SERVICE_DISCOVERY_ENDPOINT)$/,
    "the app does not read them",
  ],
  [
    /^TaskDefinition\.Properties\.Volumes\..*(AccessPointId|FilesystemId)$/,
    "of a kept file system: made or imported here, named in the manifest there",
  ],
  [/^ExecutionRole\.Properties\.(ManagedPolicyArns|Policies)/, "only this image, this log and this secret"],
  [
    /^TaskRole\.Properties\.Policies\.ExecuteCommand/,
    "exec writes no log, so it needs none of the rights for logs",
  ],
  [/^TaskRole\.Properties\.Policies\.GrantEFSAccess/, "a kept file system has the policy of any other"],
  [
    /^TaskRole\.Properties\.Policies\.GrantAccessCopilotManagedEFS$/,
    "a kept file system has the policy of any other",
  ],
  [/^TaskRole\.Properties\.ManagedPolicyArns$/, "the addon's stack gives it as an output, a parameter here"],
  [/^TaskRole\.Properties\.Tags/, "Copilot tags the whole stack"],
  [/^HTTPSListener\.Properties\.Certificates/, "the certificate is a parameter"],
];

const withManifest = (change: (service: JsonObject, environment: JsonObject) => void): Variant => {
  const service = mergeEnvironment(parse(files[MANIFEST]!) as JsonObject, "prod");
  const environment = parse(files["copilot/environments/prod/manifest.yml"]!) as JsonObject;
  change(service, environment);
  return variantOf(serviceManifest.parse(service), environmentManifest.parse(environment));
};
const at = (value: JsonObject, ...keys: string[]) =>
  keys.reduce((inner, key) => inner[key] as JsonObject, value);

const SUBNETS = ["a", "b", "c", "d"].map((letter) => `subnet-0000000000000000${letter}`);
const FILE_SYSTEM = "fs-0123456789abcdef0";
const CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a";

type Case = { variant: Variant; environment?: Record<string, Json>; service?: Record<string, Json> };
const cases: Record<string, Case> = {
  "as they are committed": { variant: withManifest(() => undefined) },
  CloudFront: {
    variant: withManifest((service, environment) => {
      environment.cdn = { terminate_tls: true };
      at(environment, "http", "public").ingress = { cdn: true };
      at(service, "variables").TRUSTED_HOPS = "2";
    }),
    environment: { Cdn: "true", CloudFrontPrefixListId: "pl-cloudfront" },
    service: { TrustedHops: "2" },
  },
  "a domain": {
    variant: withManifest((service) => {
      at(service, "http").alias = "chat.example.com";
    }),
    environment: { CertificateArn: CERTIFICATE },
    service: { Https: "true", Alias: "chat.example.com" },
  },
  "a VPC of one's own": {
    variant: withManifest((_, environment) => {
      const [a, b, c, d] = SUBNETS.map((id) => ({ id }));
      environment.network = {
        vpc: { id: "vpc-0123456789abcdef0", subnets: { public: [a!, b!], private: [c!, d!] } },
      };
    }),
    environment: {
      VpcId: "vpc-0123456789abcdef0",
      PublicSubnets: SUBNETS.slice(0, 2).join(),
      PrivateSubnets: SUBNETS.slice(2).join(),
    },
  },
  "a kept file system": {
    variant: withManifest((service) => {
      at(service, "storage", "volumes", "data").efs = {
        id: FILE_SYSTEM,
        auth: { iam: true, access_point_id: "fsap-0123456789abcdef0" },
      };
    }),
    environment: { FileSystemId: FILE_SYSTEM },
  },
};

const patchesOf = (file: string): Patch[] => parsePatches(file, parseYaml(file, files[file]!, fail), fail)!;
const patches = { service: patchesOf(SERVICE_PATCHES), environment: patchesOf(ENVIRONMENT_PATCHES) };

/** The values that a template has without any, then those of the case. */
function parametersOf(stack: Stack, given: Record<string, Json>): Record<string, Json> {
  const defaults = Object.entries(stack.Parameters).flatMap(([name, parameter]) => {
    const value = (parameter as JsonObject).Default;
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(defaults), ...given };
}

function differencesOf({ variant, environment = {}, service = {} }: Case): string[] {
  const theirs = madeByCopilot(variant, patches);
  const place = placesOf(variant).environment;
  const names = { EnvironmentName: "prod", EnvName: "prod", ContainerImage: "image" };
  const ours = {
    environment: madeBy(templates.environment, {
      ...place,
      parameters: parametersOf(templates.environment, { ...names, ...environment }),
    }),
    service: madeBy(templates.service, {
      ...place,
      parameters: parametersOf(templates.service, { ...names, ...service }),
    }),
  };
  return [...differences(theirs.environment, ours.environment), ...differences(theirs.service, ours.service)];
}

describe("copilot/cloudformation", () => {
  test.each(Object.entries(cases))("makes what Copilot makes, but for the list: %s", (_, each) => {
    const found = differencesOf(each);
    expect(found.filter((path) => !DIFFERENCES.some(([what]) => what.test(path)))).toEqual([]);
  });

  test("has a reason for each difference, and no reason without one", () => {
    const found = Object.values(cases).flatMap(differencesOf);
    expect(DIFFERENCES.filter(([what]) => !found.some((path) => what.test(path)))).toEqual([]);
  });

  test.each(Object.entries(templates))("%s.yml is a template that CloudFormation knows", (_, stack) => {
    const problems: string[] = [];
    const found = (key: string, message: string) => problems.push(`${key} ${message}`);
    const names = [...Object.keys(stack.Parameters), ...Object.keys(stack.Resources)];
    for (const [id, resource] of Object.entries(stack.Resources)) {
      const type = resourceType(String(resource.Type));
      if (type) checkProperties(type, resource.Properties, id, found);
      else found(id, "has an unknown type");
    }
    for (const { kind, id, at: where } of referencesIn(stack as unknown as JsonObject)) {
      if (kind === "value" && !names.includes(id)) found(where, `refers to ${id}`);
      if (kind === "condition" && !(id in stack.Conditions)) found(where, `has no condition ${id}`);
    }
    expect(
      problems.filter((line) => !/PolicyDocument|AssumeRole|FileSystemPolicy|Statement/.test(line)),
    ).toEqual([]);
    expect(JSON.stringify(stack)).not.toMatch(/AWS::Lambda|Custom::/);
    expect(stack.Resources.Service?.Properties ?? {}).not.toHaveProperty("DesiredCount");
  });

  test("fits into a request without a bucket (51,200 bytes)", () => {
    for (const name of ["environment.yml", "service.yml"])
      expect(readFileSync(folder + name).length).toBeLessThan(51_200);
  });

  test("keeps the file system", () => {
    const { FileSystem } = templates.environment.Resources;
    expect([FileSystem!.DeletionPolicy, FileSystem!.UpdateReplacePolicy]).toEqual(["Retain", "Retain"]);
  });

  test("is no workload to Copilot, which takes each folder with a manifest.yml for one", () => {
    expect(existsSync(`${folder}manifest.yml`)).toBe(false);
    expect(existsSync(`${folder}../manifest.yml`)).toBe(false);
  });
});
