import { DIFFERENCES, losses, madeBy, madeByCopilot, REPLACED, type Made } from "./compare-stacks.ts";
import { keeps, placesOf, type Patched } from "./check-stack.ts";
import { IMAGE, variantOf, type Stack, type Variant } from "./copilot/variant.ts";
import { environmentManifest } from "./manifests/environment-manifest.ts";
import {
  isObject,
  listOf,
  object,
  parseYaml,
  valueAt,
  type Json,
  type JsonObject,
} from "./templates/parse-yaml.ts";
import { SERVICE, type Files, type Report } from "./problem.ts";
import { referencesIn } from "./templates/references.ts";
import { outputProblems } from "./rules/output-rules.ts";
import { rightsProblems } from "./rules/role-rules.ts";
import type { Place } from "./templates/resolve-template.ts";
import { serviceManifest } from "./manifests/service-manifest.ts";
import { formProblems, unusedProblems } from "./templates/template-form.ts";
import { checkProperties, isNoArnOf, PARAMETER_TYPE, resourceType } from "./templates/template-spec.ts";
import type { Image } from "./agreement.ts";
import { words } from "./words.ts";

export const ENVIRONMENT_TEMPLATE = "copilot/cloudformation/environment.yml";
export const SERVICE_TEMPLATE = "copilot/cloudformation/service.yml";

/** What CloudFormation takes in a request without a bucket. */
const MOST_BYTES = 51_200;
const SECTIONS = words(`
    AWSTemplateFormatVersion Description Metadata Parameters Mappings Conditions Rules Resources Outputs Transform`);

/** The two templates that stand for Copilot's stacks, as they are and beside what Copilot would make. */
export type Templates = { variant: Variant; environment: Patched; service: Patched; way: string };

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
      (name) => [name, object(value[name])] as const,
    );
    const stack = { ...value, ...Object.fromEntries(sections) } as unknown as Stack;
    checkForm(file, value, stack, report);
    return stack;
  };
  const environment = read(ENVIRONMENT_TEMPLATE);
  const service = read(SERVICE_TEMPLATE);
  if (!environment || !service) return null;
  return { environment, service };
}

function checkForm(file: string, template: JsonObject, stack: Stack, report: Report) {
  const found = (key: string, message: string) => report(file, key, message);
  for (const section of Object.keys(template)) {
    if (!SECTIONS.includes(section)) found(section, "is no section of a template");
  }
  formProblems(template, found);
  unusedProblems(template, found);
  for (const [name, parameter] of Object.entries(stack.Parameters)) {
    const { Type } = object(parameter);
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
  }
  const names = new Set([...Object.keys(stack.Parameters), ...Object.keys(stack.Resources)]);
  for (const { kind, id, attribute, at } of referencesIn(template)) {
    const type = attribute === undefined ? null : resourceType(String(stack.Resources[id]?.Type));
    if (kind === "condition" && !(id in stack.Conditions) && !/Policy|Statement/.test(at))
      found(at, `there is no condition ${id}`);
    else if (kind === "value" && !names.has(id)) found(at, `there is no parameter or resource ${id}`);
    else if (isNoArnOf(at, attribute, stack.Resources[id]?.Type))
      found(at, `must be !GetAtt ${id}.Arn: !Ref is no ARN`);
    else if (type && !(attribute! in type.attributes)) found(at, `${id} has no attribute ${attribute!}`);
  }
}

/** Parameters of the templates that differ from the defaults, and what Copilot's manifests say instead. */
export type Given = {
  /** Where it is deployed, if not where the others are. */
  place?: Place;
  environment?: Record<string, Json>;
  service?: Record<string, Json>;
  manifests?: { environment?: JsonObject; http?: JsonObject; placement?: string; efs?: JsonObject };
};

const SUBNETS = ["a", "b", "c", "d"].map((letter) => `subnet-0000000000000000${letter}`);
const [OUTER, INNER] = [SUBNETS.slice(0, 2), SUBNETS.slice(2)];
const CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a";
const FILE_SYSTEM = "fs-0123456789abcdef0";
const NAMED: JsonObject = { alias: "chat.example.com" };

/** CloudFront with a name of its own before a load balancer with another: for what is not Copilot's to compare with. */
export const NAMED_TWICE: Given = {
  manifests: { http: NAMED },
  environment: {
    CertificateArn: CERTIFICATE,
    Cdn: "true",
    CloudFrontCertificateArn: CERTIFICATE,
    CloudFrontAlias: "chat.example.com",
  },
  service: { Https: "true", Alias: "chat.example.com", TrustedHops: "2" },
};

/** Each way in which the templates are used, beside the manifests that make the same with Copilot. */
export const VARIANTS: readonly Given[] = [
  {},
  {
    place: { region: "us-gov-west-1", partition: "aws-us-gov", account: "210987654321" },
    environment: { AppName: "talk", EnvironmentName: "stage" },
    service: { AppName: "talk", EnvName: "stage", CpuArchitecture: "X86_64" },
    manifests: { environment: { name: "stage" } },
  },
  { service: { AccessCodeParameter: "/holdfast/prod/ACCESS_CODE" } },
  {
    environment: { CertificateArn: CERTIFICATE },
    service: { Https: "true", Alias: "chat.example.com" },
    manifests: { http: NAMED },
  },
  {
    environment: { Cdn: "true", CloudFrontPrefixListId: "pl-cloudfront", RequestsPerFiveMinutes: 3_000 },
    service: { TrustedHops: "2" },
    manifests: {
      environment: { cdn: { terminate_tls: true }, http: { public: { ingress: { cdn: true } } } },
    },
  },
  {
    environment: {
      VpcId: "vpc-0123456789abcdef0",
      PublicSubnets: OUTER.join(),
      PrivateSubnets: INNER.join(),
    },
    manifests: {
      environment: {
        network: {
          vpc: {
            id: "vpc-0123456789abcdef0",
            subnets: { public: OUTER.map((id) => ({ id })), private: INNER.map((id) => ({ id })) },
          },
        },
      },
    },
  },
  {
    environment: { FileSystemId: FILE_SYSTEM, RequestsPerFiveMinutes: 3_000, AccessLogsBucket: "logs" },
    manifests: {
      environment: { http: { public: { access_logs: { bucket_name: "logs", prefix: "holdfast" } } } },
      efs: { id: FILE_SYSTEM, auth: { iam: true, access_point_id: "fsap-0123456789abcdef0" } },
    },
  },
  {
    environment: { Nat: "false", Ipv6: "true" },
    service: { Placement: "public" },
    manifests: { placement: "public" },
  },
];

/** What one may choose in the templates, or what rules of its own judge. The rest is as Copilot has it. */
const CHOSEN = new RegExp(
  [
    /\.Tags(\.|$)/,
    /^(VPC|P\w+Subnet\d)\.Properties\.(CidrBlock|AvailabilityZone)$/,
    /^P\w+Subnet\d\.Properties\.MapPublicIpOnLaunch$/,
    /^PrivateRoute\d\.Properties\.NatGatewayId$/,
    /^(Cluster|FileSystem|AccessPoint|LogGroup\.Properties\.RetentionInDays)\b/,
    /^PublicLoadBalancer\.Properties\.LoadBalancerAttributes\b/,
    /^DefaultHTTPTargetGroup\b/,
    /^TargetGroup\.Properties\.(HealthCheck|Healthy|Unhealthy|Matcher|TargetGroupAttributes|ProtocolVersion)/,
    /^TaskDefinition\.Properties\.(Cpu|Memory)$/,
    /^TaskDefinition\.Properties\.ContainerDefinitions\.chat\.(Environment|LogConfiguration|PortMappings)\b/,
    /^Service\.Properties\.(DeploymentConfiguration|EnableExecuteCommand|HealthCheckGrace|PropagateTags|Platform)/,
    /^AutoScaling(Policy|Target\.Properties\.M(in|ax)Capacity)/,
    /^HTTPSListener\.Properties\.SslPolicy$/,
  ]
    .map(({ source }) => source)
    .join("|"),
);

/** Reports where the templates make something else than Copilot does, in one way in which they are used. */
export function variantProblems(
  stacks: { environment: Stack; service: Stack },
  templates: Templates,
  report: Report,
) {
  const { environment, service, way } = templates;
  for (const { file, rendered, patched } of [environment, service]) {
    const [theirs, ours] = [rendered, patched].map(({ Resources }) => new Map(Object.entries(Resources)));
    for (const path of losses(theirs!, ours!)) {
      if (CHOSEN.test(path) || path.startsWith("-") || DIFFERENCES.some(([what]) => what.test(path)))
        continue;
      const [id, ...keys] = path.split(".");
      const [before, after] = [theirs, ours].map((made) => valueAt(made!.get(id!), ...keys));
      if (mayDiffer(path, before, after, patched)) continue;
      report(file, `Resources.${path}`, `is not what Copilot has there${way}`);
    }
  }
  danglingProblems(stacks.environment, environment, way, report);
  danglingProblems(stacks.service, service, way, report);
  orderProblems(stacks.service, report);
  rightsProblems(service, report);
  outputProblems(templates, report);
}

/** Differences that are as good, or are judged by rules of their own. */
function mayDiffer(path: string, before: Json | undefined, after: Json | undefined, { Resources }: Stack) {
  // A rule may ask for more.
  if (/ListenerRule.*\.Conditions$/.test(path)) return keeps(before, after);
  // Behind a sign-in.
  if (/HTTPSListenerRule\.Properties\.Actions$/.test(path))
    return (
      keeps(before, after) &&
      listOf(after).every((each) => /^(authenticate-|forward$)/.test(String(valueAt(each, "Type"))))
    );
  // By IPv6 too.
  if (/LoadBalancerSecurityGroup\.Properties\.SecurityGroupIngress$/.test(path))
    return (
      keeps(before, after) &&
      !("CloudFrontDistribution" in Resources) &&
      listOf(after).every((each) =>
        ["0.0.0.0/0", "::/0"].includes(String(valueAt(each, "CidrIp") ?? valueAt(each, "CidrIpv6"))),
      )
    );
  // At the port alone (kept-rules.ts).
  if (/Ingress\w+\.Properties\.IpProtocol$/.test(path)) return true;
  if (path.endsWith("ViewerProtocolPolicy")) return after === "https-only";
  return path.endsWith("IPV6Enabled");
}

/** Reports what one way makes although Copilot makes it in others only: it costs, or stands in the way. */
export function surplusProblems(all: readonly Templates[], report: Report) {
  for (const kind of ["environment", "service"] as const) {
    const known = new Set(all.flatMap((each) => Object.keys(each[kind].rendered.Resources)));
    for (const { way, [kind]: stack } of all) {
      for (const id of Object.keys(stack.patched.Resources)) {
        if (id in stack.rendered.Resources || !known.has(id)) continue;
        if (DIFFERENCES.some(([what]) => what.test(`+${id}`))) continue;
        report(
          stack.file,
          `Resources.${id}`,
          `is made, and Copilot does not make it there${way}: see its Condition`,
        );
      }
    }
  }
}

function wayOf({ environment, service }: Given): string {
  const names = Object.entries({ ...environment, ...service }).map(
    ([name, value]) => `${name} ${String(value)}`,
  );
  return names.length === 0 ? "" : ` with ${names.join(", ")}`;
}

/** References to what this variant does not make, with which CloudFormation refuses the template. */
function danglingProblems({ Resources }: Stack, { file, patched }: Patched, way: string, report: Report) {
  const made = [
    ...Object.entries(patched.Resources).map(
      ([id, { DependsOn: _, ...rest }]) => [`Resources.${id}`, rest] as const,
    ),
    ...Object.entries(patched.Outputs).map(([name, output]) => [`Outputs.${name}`, output] as const),
  ];
  for (const [key, value] of made) {
    for (const [, id] of JSON.stringify(value).matchAll(/"(?:reference|attribute) (\w+)/g)) {
      if (id! in Resources && !(id! in patched.Resources))
        report(file, key, `refers to ${id!}, which is not made${way}`);
    }
  }
}

/** ECS refuses a service whose target group no rule leads to. */
function orderProblems({ Resources }: Stack, report: Report) {
  const waitsFor = [Resources.Service?.DependsOn ?? []].flat();
  for (const [id, { Type }] of Object.entries(Resources)) {
    const isOfPages = Type === "AWS::ElasticLoadBalancingV2::ListenerRule" && /^HTTPS?ListenerRule/.test(id);
    if (isOfPages && !waitsFor.includes(id))
      report(SERVICE_TEMPLATE, "Resources.Service.DependsOn", `must name ${id}, which leads to its targets`);
  }
}

/**
 * The templates with their functions carried out, beside Copilot's stacks of the same variant, for the rules about
 * what is deployed. `given` are parameters that differ from the defaults.
 */
export function templatesOf(
  stacks: { environment: Stack; service: Stack },
  image: Image,
  given: Given = {},
): Templates {
  // A template may do without a parameter.
  const ofTheirs = Object.entries(given.service ?? {}).filter(([name]) => name in stacks.service.Parameters);
  const parameters = { ...defaultsOf(stacks.service), ...Object.fromEntries(ofTheirs) };
  // The service's template does not see whether the file system was kept.
  const { efs, ...manifests } = given.manifests ?? {};
  const variant = baseVariant(image, parameters, manifests);
  const none = { service: [], environment: [] };
  const copilots = {
    ...madeByCopilot(baseVariant(image, parameters, given.manifests), none),
    service: madeByCopilot(variant, none).service,
  };
  const kept = efs === undefined ? {} : { ManagedFileSystemID: { Value: efs.id! } };
  const { environment: usual } = placesOf(variant);
  const place = { ...usual, ...given.place };
  const there = (text: string) =>
    text
      .replaceAll(usual.account, place.account)
      .replaceAll(usual.region, place.region)
      .replaceAll(`arn:${usual.partition}:`, `arn:${place.partition}:`);
  const ofEnvironment: Record<string, Json> = {
    ...defaultsOf(stacks.environment),
    AppName: "holdfast",
    EnvironmentName: "prod",
    ...given.environment,
  };
  const ofService = {
    ...parameters,
    AppName: "holdfast",
    EnvName: "prod",
    ContainerImage: there(IMAGE),
    ...given.service,
  };
  const app = String(ofEnvironment.AppName);
  const stackName = `${app}-${String(ofEnvironment.EnvironmentName)}`;
  const beside = (
    file: string,
    stack: Stack,
    rendered: Made,
    outputs: Made,
    parameters: Record<string, Json>,
  ): Patched => {
    const own: Place = { ...place, parameters };
    const ofApp = (made: Made) =>
      new Map(
        JSON.parse(there(JSON.stringify([...made]).replaceAll(/\bholdfast\b(?!\/)/g, app))) as [
          string,
          JsonObject,
        ][],
      );
    const patched = asStack(madeBy(stack, own), madeBy(stack, own, "Outputs"));
    return { file, rendered: asStack(ofApp(rendered), ofApp(outputs)), patched, place: own };
  };
  return {
    variant,
    way: wayOf(given),
    environment: beside(
      ENVIRONMENT_TEMPLATE,
      stacks.environment,
      copilots.environment,
      new Map([...copilots.outputs, ...Object.entries(kept)]),
      { ...ofEnvironment, "AWS::StackName": stackName },
    ),
    service: beside(SERVICE_TEMPLATE, stacks.service, copilots.service, new Map(), {
      ...ofService,
      "AWS::StackName": `${stackName}-${SERVICE}`,
    }),
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
function baseVariant(
  { port, dataDir, user }: Image,
  { CpuArchitecture, Placement }: Record<string, Json>,
  given: Given["manifests"] = {},
): Variant {
  const [uid, gid] = user.split(":").map(Number);
  const {
    environment,
    http,
    placement = Placement === "public" ? "public" : "private",
    efs = { uid: uid!, gid: gid! },
  } = given;
  return variantOf(
    serviceManifest.parse({
      name: SERVICE,
      type: "Load Balanced Web Service",
      image: { build: "Dockerfile", port },
      http: { path: "/", healthcheck: "/readyz", ...http },
      platform: CpuArchitecture === "X86_64" ? "linux/x86_64" : "linux/arm64",
      count: { range: "2-10", cpu_percentage: 60, memory_percentage: 75 },
      exec: true,
      network: { vpc: { placement } },
      storage: { volumes: { data: { path: dataDir, read_only: false, efs } } },
    }),
    environmentManifest.parse({ name: "prod", type: "Environment", ...environment }),
  );
}

function asStack(made: Made, outputs: Made): Stack {
  return {
    Parameters: {},
    Conditions: {},
    Resources: Object.fromEntries(made),
    Outputs: Object.fromEntries(outputs),
  };
}
