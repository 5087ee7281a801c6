import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { placesOf } from "./check-stack.ts";
import { defaultsOf } from "./check-templates.ts";
import { DIFFERENCES, differences, madeBy, madeByCopilot } from "./compare-stacks.ts";
import { IMAGE, variantOf, type Stack, type Variant } from "./copilot/variant.ts";
import { environmentManifest } from "./manifests/environment-manifest.ts";
import { mergeEnvironment } from "./manifests/merge-environment.ts";
import { parseYaml, type Json, type JsonObject } from "./templates/parse-yaml.ts";
import { parsePatches, type Patch } from "./templates/patches.ts";
import { ENVIRONMENT_PATCHES, MANIFEST, SERVICE_PATCHES } from "./problem.ts";
import { readFiles } from "./read-files.ts";
import { referencesIn } from "./templates/references.ts";
import { serviceManifest } from "./manifests/service-manifest.ts";
import { checkProperties, resourceType } from "./templates/template-spec.ts";

const folder = fileURLToPath(new URL("../../copilot/cloudformation/", import.meta.url));
const files = readFiles();
const fail = (file: string, key: string, message: string) => {
  throw new Error(`${file}: ${key}: ${message}`);
};

function readTemplate(name: string): Stack {
  return parseYaml(name, readFileSync(folder + name, "utf8"), fail) as unknown as Stack;
}
const templates = { environment: readTemplate("environment.yml"), service: readTemplate("service.yml") };

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

/** The patches of the environment that a page of copilot/ documents under a heading. */
function documented(heading: string): Patch[] {
  const page = readFileSync(`${folder}../ACCESS.md`, "utf8");
  const section = page.slice(page.indexOf(`## ${heading}\n`));
  const [, yaml] = /```yaml\n# copilot\/environments\/overrides\S+\n([^]*?)```/.exec(section)!;
  return parsePatches(heading, parseYaml(heading, yaml!, fail), fail)!;
}

type Case = {
  variant: Variant;
  /** Patches of the environment beside those that are committed. */
  patches?: Patch[];
  environment?: Record<string, Json>;
  service?: Record<string, Json>;
};
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
  "the firewall's rule": {
    variant: withManifest(() => undefined),
    patches: documented("A limit by the web application firewall"),
    environment: { RequestsPerFiveMinutes: 3000 },
  },
  "access logs": {
    variant: withManifest((_, environment) => {
      at(environment, "http", "public").access_logs = { bucket_name: "my-access-logs", prefix: "holdfast" };
    }),
    environment: { AccessLogsBucket: "my-access-logs" },
  },
  "IPv6 and a domain": {
    variant: withManifest((service) => {
      at(service, "http").alias = "chat.example.com";
    }),
    patches: documented("IPv6"),
    environment: { CertificateArn: CERTIFICATE, Ipv6: "true" },
    service: { Https: "true", Alias: "chat.example.com" },
  },
};

const patchesOf = (file: string): Patch[] => parsePatches(file, parseYaml(file, files[file]!, fail), fail)!;
const patches = { service: patchesOf(SERVICE_PATCHES), environment: patchesOf(ENVIRONMENT_PATCHES) };

function differencesOf({ variant, patches: more = [], environment = {}, service = {} }: Case): string[] {
  const theirs = madeByCopilot(variant, { ...patches, environment: [...patches.environment, ...more] });
  const place = placesOf(variant).environment;
  const names = { EnvironmentName: "prod", EnvName: "prod", ContainerImage: IMAGE };
  const ours = {
    environment: madeBy(templates.environment, {
      ...place,
      parameters: { ...defaultsOf(templates.environment), ...names, ...environment },
    }),
    service: madeBy(templates.service, {
      ...place,
      parameters: { ...defaultsOf(templates.service), ...names, ...service },
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
