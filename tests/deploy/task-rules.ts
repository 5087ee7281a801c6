import { isMade, type Patched } from "./check-stack.ts";
import { intrinsic, isObject, valueAt, type Json } from "./parse-yaml.ts";
import { ENVIRONMENT_PATCHES, SERVICE_PATCHES, type Report } from "./problem.ts";
import { resolve } from "./resolve-template.ts";
import type { ServiceManifest } from "./service-manifest.ts";
import { asTemplate } from "./check-stack.ts";
import { isSame } from "./data-rules.ts";

const IDLE = "idle_timeout.timeout_seconds";
const DELAY = "deregistration_delay.timeout_seconds";
const LOAD_BALANCER_ATTRIBUTES = [
  IDLE,
  ..."access_logs.s3.enabled access_logs.s3.bucket access_logs.s3.prefix deletion_protection.enabled".split(
    " ",
  ),
  ..."client_keep_alive.seconds connection_logs.s3.enabled connection_logs.s3.bucket".split(" "),
  ..."connection_logs.s3.prefix routing.http2.enabled routing.http.drop_invalid_header_fields.enabled".split(
    " ",
  ),
  ..."routing.http.desync_mitigation_mode routing.http.preserve_host_header.enabled".split(" "),
  ..."routing.http.x_amzn_tls_version_and_cipher_suite.enabled waf.fail_open.enabled".split(" "),
  ..."routing.http.xff_header_processing.mode zonal_shift.config.enabled ipv6.deny_all_igw_traffic".split(
    " ",
  ),
];

/** What the patches set that the manifest cannot, after checking it. */
export function settingsOf(service: Patched, environment: Patched, report: Report) {
  const container = containerOf(service);
  const stopSeconds = Number(valueAt(container, "StopTimeout") ?? 30);
  const wrong = (key: string, message: string) => report(SERVICE_PATCHES, key, message);
  if (!(stopSeconds >= 2 && stopSeconds <= 120)) {
    wrong("StopTimeout", `must be from 2 to 120 on Fargate, is ${String(valueAt(container, "StopTimeout"))}`);
  }
  if (String(valueAt(container, "LinuxParameters", "InitProcessEnabled")) !== "true") {
    wrong(
      "LinuxParameters.InitProcessEnabled",
      "must be patched to true: process 1 must reap what exec leaves",
    );
  }
  const user = valueAt(container, "User");
  if (user === undefined) wrong("User", "must be patched in: the Dockerfile's user");
  return { stopSeconds, user, idleSeconds: idleTimeout(environment, report) };
}

export function containerOf({ patched }: Patched): Json | undefined {
  return valueAt(patched.Resources.TaskDefinition, "Properties", "ContainerDefinitions", "0");
}

/**
 * The manifest with what patches have changed in the rendered stack, so that one set of rules judges what is deployed:
 * health check, deregistration, size, number of tasks, variables.
 */
export function effectiveManifest(manifest: ServiceManifest, stack: Patched): ServiceManifest {
  const value = (id: string, ...path: string[]): Json | undefined => {
    const found = valueAt(stack.patched.Resources[id], "Properties", ...path);
    return found === undefined ? undefined : resolve(found, asTemplate(stack.patched), stack.place);
  };
  const number = (given: Json | undefined, otherwise: number) =>
    given === undefined || Number.isNaN(Number(given)) ? otherwise : Number(given);
  const { http, count } = manifest;
  const check = http.healthcheck;
  const codes = value("TargetGroup", "Matcher", "HttpCode");
  const attributes = value("TargetGroup", "TargetGroupAttributes");
  const attribute = (key: string) =>
    (Array.isArray(attributes) ? attributes : []).findLast((each) => isObject(each) && each.Key === key);
  const group = (name: string, otherwise: number) => number(value("TargetGroup", name), otherwise);
  return {
    ...manifest,
    exec: String(value("Service", "EnableExecuteCommand")) === "true",
    cpu: number(value("TaskDefinition", "Cpu"), manifest.cpu),
    memory: number(value("TaskDefinition", "Memory"), manifest.memory),
    variables: variablesOf(stack, manifest),
    storage: {
      ...manifest.storage,
      readonly_fs: String(valueAt(containerOf(stack), "ReadonlyRootFilesystem")) === "true",
    },
    http: {
      ...http,
      healthcheck: {
        ...check,
        path: String(value("TargetGroup", "HealthCheckPath") ?? "/"),
        success_codes: codes === undefined ? undefined : String(codes),
        interval: group("HealthCheckIntervalSeconds", 30),
        timeout: group("HealthCheckTimeoutSeconds", 5),
        healthy_threshold: group("HealthyThresholdCount", 5),
        unhealthy_threshold: group("UnhealthyThresholdCount", 2),
      },
      deregistration_delay: number(valueAt(attribute(DELAY), "Value"), 300),
      stickiness: String(valueAt(attribute("stickiness.enabled"), "Value")) === "true",
    },
    count:
      typeof count === "number" || !("AutoScalingTarget" in stack.patched.Resources)
        ? count
        : {
            ...count,
            range: {
              min: number(value("AutoScalingTarget", "MinCapacity"), count.range.min),
              max: number(value("AutoScalingTarget", "MaxCapacity"), count.range.max),
            },
          },
  };
}

/** What a task gets as variables, without Copilot's own and those whose value is known only when it is deployed. */
function variablesOf(stack: Patched, { variables }: ServiceManifest): Record<string, string> {
  const given = valueAt(containerOf(stack), "Environment");
  const pairs = (Array.isArray(given) ? given : []).filter(isObject);
  const own = pairs.filter(
    ({ Name, Value }) =>
      String(Name) in variables || (!String(Name).startsWith("COPILOT_") && !intrinsic(Value)),
  );
  return Object.fromEntries(own.map(({ Name, Value }) => [String(Name), String(Value)]));
}

/** Whether a deployment replaces tasks without a gap, and takes a release back that does not work. */
export function deploymentProblems(stack: Patched, tasks: number, report: Report) {
  const key = "Resources.Service.Properties.DeploymentConfiguration";
  const wrong = (name: string, message: string) => report(SERVICE_PATCHES, `${key}.${name}`, message);
  const given = valueAt(stack.patched.Resources.Service, "Properties", "DeploymentConfiguration");
  const minimum = Number(valueAt(given, "MinimumHealthyPercent") ?? 100);
  const maximum = Number(valueAt(given, "MaximumPercent") ?? 200);
  const least = Math.ceil((tasks * minimum) / 100);
  const most = Math.floor((tasks * maximum) / 100);
  if (!(least >= 1)) wrong("MinimumHealthyPercent", `${minimum} stops every task before it starts one`);
  else if (!(most > tasks || least < tasks)) {
    wrong("MaximumPercent", `${maximum} leaves no room to start a task beside ${tasks}: nothing is deployed`);
  }
  for (const name of ["Enable", "Rollback"]) {
    if (String(valueAt(given, "DeploymentCircuitBreaker", name)) === "true") continue;
    wrong(
      `DeploymentCircuitBreaker.${name}`,
      "must be true, or a release whose tasks do not start is tried for hours",
    );
  }
}

/** Whether the tasks are those that the manifest describes: of its image, at its port, as many as the scaling wants. */
export function taskProblems(
  stack: Patched,
  { image, platform, variables }: ServiceManifest,
  report: Report,
) {
  const { rendered, patched } = stack;
  const wrong = (key: string, message: string) => report(SERVICE_PATCHES, `Resources.${key}`, message);
  const { Service, TargetGroup, TaskDefinition } = patched.Resources;
  const container = containerOf(stack);
  const ports: [key: string, port: Json | undefined][] = [
    ["TargetGroup.Properties.Port", valueAt(TargetGroup, "Properties", "Port")],
    [
      "Service.Properties.LoadBalancers.0.ContainerPort",
      valueAt(Service, "Properties", "LoadBalancers", "0", "ContainerPort"),
    ],
    [
      "TaskDefinition.Properties.ContainerDefinitions.0.PortMappings.0.ContainerPort",
      valueAt(container, "PortMappings", "0", "ContainerPort"),
    ],
  ];
  for (const [key, port] of ports) {
    if (Number(port) !== image.port)
      wrong(key, `must be ${image.port}, where the app listens, is ${String(port)}`);
  }
  const architecture = valueAt(TaskDefinition, "Properties", "RuntimePlatform", "CpuArchitecture");
  if (architecture !== (platform === "linux/arm64" ? "ARM64" : "X86_64"))
    wrong("TaskDefinition.Properties.RuntimePlatform", `must be that of the image, which is for ${platform}`);
  if (variables.METRICS === "emf" && valueAt(container, "LogConfiguration", "LogDriver") !== "awslogs") {
    wrong(
      "TaskDefinition.Properties.ContainerDefinitions.0.LogConfiguration",
      "must be awslogs: CloudWatch reads the metrics from the log",
    );
  }
  const count = valueAt(Service, "Properties", "DesiredCount");
  const before = valueAt(rendered.Resources.Service, "Properties", "DesiredCount");
  if (count !== undefined && intrinsic(before)?.name === "Fn::GetAtt" && !isSame(count, before))
    wrong(
      "Service.Properties.DesiredCount",
      "must stay as it is rendered, or each deployment undoes the scaling",
    );
  const network = valueAt(Service, "Properties", "NetworkConfiguration", "AwsvpcConfiguration");
  const isPublic = JSON.stringify(valueAt(network, "Subnets") ?? "").includes("PublicSubnets");
  if (isPublic && valueAt(network, "AssignPublicIp") !== "ENABLED") {
    wrong(
      "Service.Properties.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp",
      "must be ENABLED in public subnets, or tasks have no way out and do not even get their image",
    );
  }
}

/** Groups that only the load balancer, or only tasks, may reach. */
const INNER_GROUPS = ["EnvironmentSecurityGroup", "EFSSecurityGroup"];

/** A door to the tasks or to the volume past the load balancer. */
export function openDoorProblems({ patched }: Patched, report: Report) {
  const isOpen = (rule: Json | undefined) =>
    valueAt(rule, "CidrIp") === "0.0.0.0/0" || valueAt(rule, "CidrIpv6") === "::/0";
  for (const [id, resource] of Object.entries(patched.Resources)) {
    const group = valueAt(resource, "Properties", "GroupId");
    const inside = [group, valueAt(group, "Ref"), valueAt(group, "Fn::GetAtt", "0"), id].map(String);
    if (!INNER_GROUPS.some((name) => inside.includes(name))) continue;
    const given = valueAt(resource, "Properties", "SecurityGroupIngress");
    const rules = [resource.Properties, ...(Array.isArray(given) ? given : [])];
    if (rules.some(isOpen))
      report(ENVIRONMENT_PATCHES, `Resources.${id}`, "lets everybody in, past the load balancer");
  }
}

/** A command in the place of the Dockerfile's. */
export function commandProblems(stack: Patched, report: Report) {
  for (const name of ["Command", "EntryPoint"]) {
    if (valueAt(containerOf(stack), name) === undefined) continue;
    report(
      SERVICE_PATCHES,
      `Resources.TaskDefinition.Properties.ContainerDefinitions.0.${name}`,
      "replaces the Dockerfile's, which starts node by way of start.sh, so that SIGTERM reaches the server",
    );
  }
}

function idleTimeout({ patched }: Patched, report: Report): number {
  const given = valueAt(patched.Resources.PublicLoadBalancer, "Properties", "LoadBalancerAttributes");
  const attributes = (Array.isArray(given) ? given : []).filter(isObject);
  const key = "Resources.PublicLoadBalancer.Properties.LoadBalancerAttributes";
  const wrong = (message: string) => report(ENVIRONMENT_PATCHES, key, message);
  for (const { Key } of attributes) {
    if (!LOAD_BALANCER_ATTRIBUTES.includes(String(Key)))
      wrong(`${String(Key)} is no attribute that this check knows`);
  }
  const values = attributes.filter(({ Key }) => Key === IDLE).map(({ Value }) => Value);
  if (values.length === 0) wrong(`must have ${IDLE} patched in, so that it is known`);
  const seconds = Number(values.at(-1) ?? 60);
  if (!(seconds >= 1 && seconds <= 4_000))
    wrong(`${IDLE} must be from 1 to 4000, is ${String(values.at(-1))}`);
  return seconds;
}

/** Policies of load balancers that begin at TLS 1.2. */
const TLS_1_2 = /^ELBSecurityPolicy-(TLS13-1-[23]-|TLS-1-2-|FS-1-2-)/;
const VIEWER_TLS_1_2 = /^TLSv1\.[23]_/;

/** The oldest TLS that is accepted, wherever HTTPS ends. */
export function tlsProblems(environment: Patched, report: Report, manifestFile: string) {
  const { patched } = environment;
  const policy = valueAt(patched.Resources.HTTPSListener, "Properties", "SslPolicy");
  if (isMade(environment, "HTTPSListener") && !TLS_1_2.test(String(policy))) {
    report(
      manifestFile,
      "http.public.ssl_policy",
      `must be one that begins at TLS 1.2, such as ELBSecurityPolicy-TLS13-1-2-2021-06, is ${String(policy ?? "not set, which allows TLS 1.0")}`,
    );
  }
  const viewer = valueAt(
    patched.Resources.CloudFrontDistribution,
    "Properties",
    "DistributionConfig",
    "ViewerCertificate",
  );
  if (viewer === undefined || !isMade(environment, "CloudFrontDistribution")) return;
  let resolved: Json;
  try {
    resolved = resolve(viewer, asTemplate(patched), environment.place);
  } catch {
    // Without a name of its own CloudFront uses its own certificate, whose oldest TLS cannot be chosen.
    return;
  }
  const version = valueAt(resolved, "MinimumProtocolVersion");
  if (VIEWER_TLS_1_2.test(String(version))) return;
  report(
    ENVIRONMENT_PATCHES,
    "Resources.CloudFrontDistribution.Properties.DistributionConfig.ViewerCertificate.MinimumProtocolVersion",
    `must be patched to TLSv1.2_2021, is ${String(version)}`,
  );
}

/** A sign-in by the load balancer: a request of the API must not be redirected, and nothing must go past it. */
export function signInProblems({ patched }: Patched, report: Report) {
  const rules = Object.entries(patched.Resources).flatMap(([id, resource]) => {
    const actions = valueAt(resource, "Properties", "Actions");
    if (resource.Type !== "AWS::ElasticLoadBalancingV2::ListenerRule" || !Array.isArray(actions)) return [];
    const signIn = actions.find((action) => /^authenticate-/.test(String(valueAt(action, "Type"))));
    const config = valueAt(signIn, "AuthenticateOidcConfig") ?? valueAt(signIn, "AuthenticateCognitoConfig");
    return [
      {
        id,
        isSigned: signIn !== undefined,
        denies: valueAt(config, "OnUnauthenticatedRequest") === "deny",
        forwards: actions.some((action) => valueAt(action, "Type") === "forward"),
        isOfApi: JSON.stringify(valueAt(resource, "Properties", "Conditions") ?? []).includes('"/api/*"'),
      },
    ];
  });
  const pages = rules.find(({ isSigned, denies }) => isSigned && !denies);
  if (pages === undefined) return;
  const wrong = (id: string, message: string) =>
    report(SERVICE_PATCHES, `Resources.${id}.Properties.Actions`, message);
  if (!rules.some(({ isSigned, denies, isOfApi }) => isSigned && denies && isOfApi)) {
    wrong(
      pages.id,
      "needs a rule for /api/* beside it whose OnUnauthenticatedRequest is deny: a request cannot show a sign-in page",
    );
  }
  for (const { id, isSigned, forwards } of rules) {
    if (!isSigned && forwards) wrong(id, "leads past the sign-in");
  }
}
