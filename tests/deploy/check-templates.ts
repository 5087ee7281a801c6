import { DIFFERENCES, losses, madeBy, madeByCopilot, REPLACED, type Made } from "./compare-stacks.ts";
import { asTemplate, keeps, placesOf, type Patched } from "./check-stack.ts";
import { variantOf, type Stack, type Variant } from "./copilot/variant.ts";
import { environmentManifest } from "./environment-manifest.ts";
import { isObject, listOf, object, parseYaml, valueAt, type Json, type JsonObject } from "./parse-yaml.ts";
import { SERVICE, type Files, type Report } from "./problem.ts";
import { referencesIn } from "./references.ts";
import { holds, resolve, type Place } from "./resolve-template.ts";
import { serviceManifest } from "./service-manifest.ts";
import { formProblems } from "./template-form.ts";
import { checkProperties, PARAMETER_TYPE, resourceType } from "./template-spec.ts";
import { valueProblems } from "./value-rules.ts";
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
      (name) => [name, object(value[name])] as const,
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
  formProblems(template, found);
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

/** Parameters of the templates that differ from the defaults, and what Copilot's manifests say instead. */
type Given = {
  environment?: Record<string, Json>;
  service?: Record<string, Json>;
  manifests?: { environment?: JsonObject; http?: JsonObject; placement?: string; efs?: JsonObject };
};

const SUBNETS = ["a", "b", "c", "d"].map((letter) => `subnet-0000000000000000${letter}`);
const [OUTER, INNER] = [SUBNETS.slice(0, 2), SUBNETS.slice(2)];
const CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a";
const FILE_SYSTEM = "fs-0123456789abcdef0";
const NAMED: JsonObject = { alias: "chat.example.com" };

/** Each way in which the templates are used, beside the manifests that make the same with Copilot. */
const VARIANTS: readonly Given[] = [
  {},
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
    environment: { FileSystemId: FILE_SYSTEM, RequestsPerFiveMinutes: 3_000 },
    manifests: {
      efs: { id: FILE_SYSTEM, auth: { iam: true, access_point_id: "fsap-0123456789abcdef0" } },
    },
  },
  {
    environment: { Nat: "false" },
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

/** Reports where the templates make something else than Copilot does, in each way in which they are used. */
export function variantProblems(
  stacks: { environment: Stack; service: Stack },
  image: Image,
  report: Report,
) {
  for (const given of VARIANTS) {
    const templates = templatesOf(stacks, image, given);
    identityProblems(templates, report);
    for (const { file, rendered, patched } of [templates.environment, templates.service]) {
      const paths = losses(
        new Map(Object.entries(rendered.Resources)),
        new Map(Object.entries(patched.Resources)),
      );
      for (const path of paths) {
        if (CHOSEN.test(path) || path.startsWith("-") || DIFFERENCES.some(([what]) => what.test(path)))
          continue;
        report(file, `Resources.${path}`, `is not what Copilot has there${wayOf(given)}`);
      }
    }
    for (const [stack, made] of [
      [stacks.environment, templates.environment],
      [stacks.service, templates.service],
    ] as const)
      danglingProblems(stack, made, wayOf(given), report);
    orderProblems(stacks.service, report);
    rightsProblems(templates.service, report);
    firewallProblems(templates.environment, report);
    for (const stack of [templates.environment, templates.service])
      valueProblems(stack, (key, message) => report(stack.file, key, message));
  }
}

function wayOf({ environment, service }: Given): string {
  const names = Object.entries({ ...environment, ...service }).map(
    ([name, value]) => `${name} ${String(value)}`,
  );
  return names.length === 0 ? "" : ` with ${names.join(", ")}`;
}

/** References to what this variant does not make, with which CloudFormation refuses the template. */
function danglingProblems(stack: Stack, { file, patched, place }: Patched, way: string, report: Report) {
  const template = asTemplate(stack);
  const outputs = Object.entries(stack.Outputs).filter(
    ([, { Condition }]) => Condition === undefined || holds(String(Condition), template, place),
  );
  const made = [
    ...Object.entries(patched.Resources).map(
      ([id, { DependsOn: _, ...rest }]) => [`Resources.${id}`, rest] as const,
    ),
    ...outputs.map(([name, { Value }]) => [`Outputs.${name}`, resolve(Value!, template, place)] as const),
  ];
  for (const [key, value] of made) {
    for (const [, id] of JSON.stringify(value).matchAll(/"(?:reference|attribute) (\w+)/g)) {
      if (id! in stack.Resources && !(id! in patched.Resources))
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

/** What the tasks' roles must be allowed, which Copilot gives by a managed policy, by the addon, and by the stack's tags. */
function rightsProblems({ file, patched, place }: Patched, report: Report) {
  const { ExecutionRole, TaskRole, TaskDefinition } = patched.Resources;
  const wrong = (role: string, message: string) => report(file, `Resources.${role}.Properties`, message);
  const text = JSON.stringify(ExecutionRole?.Properties ?? "");
  const secrets = valueAt(TaskDefinition, "Properties", "ContainerDefinitions", "0", "Secrets");
  const needed = [
    ..."ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability ecr:BatchGetImage".split(" "),
    ..."ecr:GetDownloadUrlForLayer logs:CreateLogStream logs:PutLogEvents".split(" "),
  ].filter(() => !text.includes("AmazonECSTaskExecutionRolePolicy"));
  if (/:ssm:/.test(JSON.stringify(secrets ?? ""))) needed.push("ssm:GetParameters");
  for (const action of needed) {
    const [service] = action.split(":");
    if (![action, `${service!}:*`].some((each) => text.includes(`"${each}"`)))
      wrong("ExecutionRole", `must allow ${action}, or no task starts`);
  }
  if (valueAt(TaskRole, "Properties", "ManagedPolicyArns", "0") === undefined)
    wrong("TaskRole", "must have BedrockPolicyArn, or the tasks may not call any model");
  const tags = valueAt(TaskRole, "Properties", "Tags");
  for (const [key, parameter] of [
    ["copilot-application", "AppName"],
    ["copilot-environment", "EnvName"],
  ] as const) {
    const value = place.parameters?.[parameter];
    if (!keeps([{ Key: key, Value: value! }], tags))
      wrong("TaskRole", `must have the tag ${key}, which the policy of the file system asks for`);
  }
}

/** A firewall that refuses everybody, or nobody. */
export function firewallProblems({ file, patched }: Patched, report: Report) {
  for (const [id, { Type, Properties }] of Object.entries(patched.Resources)) {
    if (Type !== "AWS::WAFv2::WebACL") continue;
    const key = `Resources.${id}.Properties`;
    if (valueAt(Properties, "DefaultAction", "Allow") === undefined)
      report(file, `${key}.DefaultAction`, "must be Allow, or everybody is refused");
    if (valueAt(Properties, "Scope") !== "REGIONAL")
      report(file, `${key}.Scope`, "must be REGIONAL at a load balancer");
    const rules = valueAt(Properties, "Rules");
    for (const [index, rule] of listOf(rules).entries()) {
      const rate = valueAt(rule, "Statement", "RateBasedStatement");
      if (rate === undefined) continue;
      if (valueAt(rule, "Action", "Count") !== undefined || valueAt(rule, "Action", "Allow") !== undefined)
        report(file, `${key}.Rules.${index}.Action`, "must be Block, or the rule limits nothing");
      if ("CloudFrontDistribution" in patched.Resources && valueAt(rate, "AggregateKeyType") === "IP")
        report(
          file,
          `${key}.Rules.${index}.Statement.RateBasedStatement.AggregateKeyType`,
          "must be FORWARDED_IP: all requests come from CloudFront's addresses",
        );
    }
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
  const variant = baseVariant(image, { ...defaultsOf(stacks.service), ...given.service }, given.manifests);
  const copilots = madeByCopilot(variant, { service: [], environment: [] });
  const { environment: place } = placesOf(variant);
  const names = { AppName: "holdfast", EnvironmentName: "prod", EnvName: "prod", ContainerImage: "image" };
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
function baseVariant(
  { port, dataDir, user }: Image,
  { CpuArchitecture }: Record<string, Json>,
  given: Given["manifests"] = {},
): Variant {
  const [uid, gid] = user.split(":").map(Number);
  const { environment, http, placement = "private", efs = { uid: uid!, gid: gid! } } = given;
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

function asStack(made: Made): Stack {
  return { Parameters: {}, Conditions: {}, Resources: Object.fromEntries(made), Outputs: {} };
}
