import { CONFIG_VARIABLES } from "~/config.server";
import { RUNTIME_VARIABLES, SECRETS } from "../agreement.ts";
import { asTemplate, isMade, type Patched } from "../check-stack.ts";
import { targetOf } from "../copilot/containers.ts";
import { containerProblems, fargateProblems } from "./fargate-rules.ts";
import {
  intrinsic,
  isObject,
  listOf,
  oneOrMore,
  valueAt,
  type Json,
  type JsonObject,
} from "../templates/parse-yaml.ts";
import { ENVIRONMENT_PATCHES, SERVICE, SERVICE_PATCHES, type Found, type Report } from "../problem.ts";
import { referencesTo } from "../templates/references.ts";
import { resolve } from "../templates/resolve-template.ts";
import type { ServiceManifest } from "../manifests/service-manifest.ts";
import { isSame } from "./data-rules.ts";
import { isOfEverybody } from "../manifests/manifest-parts.ts";
import { words } from "../words.ts";

const IDLE = "idle_timeout.timeout_seconds";
const FORWARDED = "routing.http.xff_header_processing.mode";
const DELAY = "deregistration_delay.timeout_seconds";
const LOAD_BALANCER_ATTRIBUTES = [
  IDLE,
  ...words(`
    access_logs.s3.enabled access_logs.s3.bucket access_logs.s3.prefix deletion_protection.enabled
    client_keep_alive.seconds connection_logs.s3.enabled connection_logs.s3.bucket connection_logs.s3.prefix
    routing.http2.enabled routing.http.drop_invalid_header_fields.enabled routing.http.desync_mitigation_mode
    routing.http.preserve_host_header.enabled routing.http.xff_client_port.enabled
    load_balancing.cross_zone.enabled health_check_logs.s3.enabled health_check_logs.s3.bucket
    health_check_logs.s3.prefix routing.http.x_amzn_tls_version_and_cipher_suite.enabled waf.fail_open.enabled`),
  FORWARDED,
  ...words("zonal_shift.config.enabled ipv6.deny_all_igw_traffic"),
];

/** What the patches set that the manifest cannot, after checking it. */
export function settingsOf(service: Patched, environment: Patched, report: Report) {
  const container = containerOf(service);
  const stopTimeout = resolve(
    valueAt(container, "StopTimeout") ?? 30,
    asTemplate(service.patched),
    service.place,
  );
  const stopSeconds = Number(stopTimeout);
  const wrong = (key: string, message: string) => report(SERVICE_PATCHES, key, message);
  if (!(stopSeconds >= 2 && stopSeconds <= 120)) {
    wrong("StopTimeout", `must be from 2 to 120 on Fargate, is ${String(stopTimeout)}`);
  }
  if (String(valueAt(container, "LinuxParameters", "InitProcessEnabled")) !== "true") {
    wrong(
      "LinuxParameters.InitProcessEnabled",
      "must be patched to true: process 1 must reap what exec leaves",
    );
  }
  const user = valueAt(container, "User");
  if (user === undefined) wrong("User", "must be patched in: the Dockerfile's user");
  return {
    stopSeconds,
    user,
    idleSeconds: idleTimeout(environment, report),
    network: networkOf(environment),
  };
}

/** Resources that lead to other networks. */
const LEADS_ON = /Peering|TransitGateway|VPNGateway|VPNConnection|CustomerGateway/;

/** The addresses of a VPC that is made and leads to no other network. */
function networkOf(environment: Patched): string | null {
  const { Resources } = environment.patched;
  const isAlone = !Object.values(Resources).some(({ Type }) => LEADS_ON.test(String(Type)));
  const range = valueAt(Resources.VPC, "Properties", "CidrBlock");
  return isMade(environment, "VPC") && isAlone && typeof range === "string" ? range : null;
}

function containerOf({ patched }: Patched): Json | undefined {
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
    listOf(attributes).findLast((each) => isObject(each) && each.Key === key);
  const group = (name: string, otherwise: number) => number(value("TargetGroup", name), otherwise);
  return {
    ...manifest,
    exec: String(value("Service", "EnableExecuteCommand")) === "true",
    image: { ...manifest.image, healthcheck: containerCheckOf(stack) },
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
        port: Number(value("TargetGroup", "HealthCheckPort")) || undefined,
        success_codes: codes === undefined ? undefined : String(codes),
        grace_period: number(value("Service", "HealthCheckGracePeriodSeconds"), 0),
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

function containerCheckOf(stack: Patched): ServiceManifest["image"]["healthcheck"] {
  const check = valueAt(containerOf(stack), "HealthCheck");
  const command = valueAt(check, "Command");
  if (!Array.isArray(command)) return undefined;
  const [interval, retries] = ["Interval", "Retries"].map((name) => valueAt(check, name));
  return { command: command.map(String), interval: Number(interval ?? 30), retries: Number(retries ?? 3) };
}

/** What a task gets as variables, without Copilot's own and those whose value is known only when it is deployed. */
function variablesOf(stack: Patched, { variables }: ServiceManifest): Record<string, string> {
  const given = valueAt(containerOf(stack), "Environment");
  const pairs = listOf(given).filter(isObject);
  const own = pairs
    .filter(({ Name }) => Name !== undefined)
    .filter(
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
export function taskProblems(stack: Patched, manifest: ServiceManifest, report: Report) {
  const { platform, variables, logging } = manifest;
  const target = targetOf(manifest);
  const { rendered, patched } = stack;
  const wrong = (key: string, message: string) => report(SERVICE_PATCHES, `Resources.${key}`, message);
  const { Service, TargetGroup, TaskDefinition } = patched.Resources;
  const container = containerOf(stack);
  const ports: [key: string, port: Json | undefined, wanted: number][] = [
    ["TargetGroup.Properties.Port", valueAt(TargetGroup, "Properties", "Port"), target.port],
    [
      "Service.Properties.LoadBalancers.0.ContainerPort",
      valueAt(Service, "Properties", "LoadBalancers", "0", "ContainerPort"),
      target.port,
    ],
    [
      "TaskDefinition.Properties.ContainerDefinitions.0.PortMappings.0.ContainerPort",
      valueAt(container, "PortMappings", "0", "ContainerPort"),
      manifest.image.port,
    ],
  ];
  for (const [key, port, wanted] of ports) {
    if (Number(port) !== wanted) wrong(key, `must be ${wanted}, where the app listens, is ${String(port)}`);
  }
  pastLimitsProblems(stack, wrong);
  secretNameProblems(container, manifest, wrong);
  fargateProblems(stack, wrong);
  containerProblems(container, manifest.memory, (key, message) =>
    wrong(`TaskDefinition.Properties.ContainerDefinitions.0.${key}`, message),
  );
  const architecture = valueAt(TaskDefinition, "Properties", "RuntimePlatform", "CpuArchitecture");
  if (architecture !== (platform === "linux/arm64" ? "ARM64" : "X86_64"))
    wrong("TaskDefinition.Properties.RuntimePlatform", `must be that of the image, which is for ${platform}`);
  const reachesCloudWatch =
    valueAt(container, "LogConfiguration", "LogDriver") === "awslogs" ||
    /^cloudwatch/.test(logging.destination?.Name ?? "");
  if (variables.METRICS === "emf" && !reachesCloudWatch) {
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

/** A network load balancer before the app, which patches or a template have added. */
function pastLimitsProblems(stack: Patched, wrong: Found) {
  const { rendered, patched } = stack;
  for (const { ContainerName, TargetGroupArn } of listOf(
    valueAt(patched.Resources.Service, "Properties", "LoadBalancers"),
  ).filter(isObject)) {
    const id = String(referencesTo(TargetGroupArn)[0]);
    const protocol = valueAt(patched.Resources[id], "Properties", "Protocol");
    const isOfApp = isSame(ContainerName, valueAt(containerOf(stack), "Name")) || ContainerName === SERVICE;
    if (isOfApp && !(id in rendered.Resources) && /^(TCP|TLS|UDP|TCP_UDP)$/.test(String(protocol)))
      wrong(
        id,
        `must be away: a network load balancer adds no address, so that the app believes X-Forwarded-For of the client`,
      );
  }
}

function secretNameProblems(container: Json | undefined, manifest: ServiceManifest, wrong: Found) {
  const known = [
    ...CONFIG_VARIABLES,
    ...RUNTIME_VARIABLES,
    ...SECRETS,
    ...Object.keys(manifest.secrets ?? {}),
  ];
  for (const each of listOf(valueAt(container, "Secrets"))) {
    const name = valueAt(each, "Name");
    if (typeof name === "string" && !known.includes(name))
      wrong("TaskDefinition.Properties.ContainerDefinitions.0.Secrets", `${name} is no variable of the app`);
  }
}

/** Groups that only the load balancer, or only tasks, may reach. */
const INNER_GROUPS = ["EnvironmentSecurityGroup", "EFSSecurityGroup"];

/** A door to the tasks or to the volume past the load balancer. */
export function openDoorProblems({ patched }: Patched, report: Report) {
  const isOpen = (rule: Json | undefined) =>
    ["CidrIp", "CidrIpv6"].some((key) => isOfEverybody(String(valueAt(rule, key))));
  for (const [id, resource] of Object.entries(patched.Resources)) {
    const group = valueAt(resource, "Properties", "GroupId");
    const inside = [group, valueAt(group, "Ref"), valueAt(group, "Fn::GetAtt", "0"), id].map(String);
    if (!INNER_GROUPS.some((name) => inside.includes(name))) continue;
    const given = valueAt(resource, "Properties", "SecurityGroupIngress");
    if (resource.Type === "AWS::EC2::SecurityGroupEgress") continue;
    const rules = [resource.Properties, ...listOf(given)];
    if (rules.some(isOpen))
      report(ENVIRONMENT_PATCHES, `Resources.${id}`, "lets everybody in, past the load balancer");
  }
}

/** Managed policies of AWS that give all of a service, or of everything. */
const WIDE_POLICY = /:policy\/(\w+\/)*(AdministratorAccess|PowerUserAccess|\w+FullAccess)$/;

/** Rights of the tasks, which a stranger has who takes one over. */
export function taskRoleProblems({ patched }: Patched, report: Report) {
  const role = patched.Resources.TaskRole;
  const inline = oneOrMore(valueAt(role, "Properties", "Policies")).map((policy, index) => ({
    at: `TaskRole.Properties.Policies.${index}`,
    document: valueAt(policy, "PolicyDocument"),
  }));
  const beside = Object.entries(patched.Resources)
    .filter(([, { Type, Properties }]) => {
      const roles = JSON.stringify([
        valueAt(Properties, "Roles") ?? "",
        valueAt(Properties, "RoleName") ?? "",
      ]);
      return /^AWS::IAM::(Managed|Role)?Policy$/.test(String(Type)) && roles.includes("TaskRole");
    })
    .map(([id, { Properties }]) => ({ at: id, document: valueAt(Properties, "PolicyDocument") }));
  const wrong = (at: string, message: string) => report(SERVICE_PATCHES, `Resources.${at}`, message);
  for (const { at, document } of [...inline, ...beside]) {
    for (const statement of oneOrMore(valueAt(document, "Statement"))) {
      if (valueAt(statement, "Effect") !== "Allow") continue;
      const actions = oneOrMore(valueAt(statement, "Action")).map(String);
      const wide = actions.find((action) => action === "*" || action.endsWith(":*"));
      if (wide !== undefined) wrong(at, `allows ${wide}, which nothing needs`);
      if (valueAt(statement, "NotAction") !== undefined)
        wrong(at, "allows all but some (NotAction), which nothing needs");
    }
  }
  for (const [index, policy] of oneOrMore(valueAt(role, "Properties", "ManagedPolicyArns")).entries()) {
    const arn = String(valueAt(policy, "Fn::Sub") ?? policy);
    if (WIDE_POLICY.test(arn))
      wrong(
        `TaskRole.Properties.ManagedPolicyArns.${index}`,
        `gives ${arn.split("/").at(-1)!}, which nothing needs`,
      );
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
  const attributes = listOf(given).filter(isObject);
  const key = "Resources.PublicLoadBalancer.Properties.LoadBalancerAttributes";
  const wrong = (message: string) => report(ENVIRONMENT_PATCHES, key, message);
  for (const { Key, Value } of attributes) {
    if (Key === FORWARDED && Value !== "append")
      wrong(`${FORWARDED} must be append, or the app does not learn who asks`);
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
const TLS_1_2 =
  /^ELBSecurityPolicy-(TLS13-1-[23](-Res|-Ext[0-9])?(-FIPS)?(-PQ)?-(2021-06|2023-04|2025-09)|TLS-1-2(-Ext)?-(2017-01|2018-06)|FS-1-2(-Res)?-(2019-08|2020-10))$/;
const VIEWER_TLS_1_2 = /^TLSv1\.(2_(2018|2019|2021|2025)|3_2025)$/;

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

/** The priority of a rule of Copilot's for the path `/`: the last there is. */
const LAST_PRIORITY = 50_000;

/** A sign-in by the load balancer: a request of the API must not be redirected, and nothing must go past it. */
export function signInProblems({ patched }: Patched, report: Report) {
  const rules = Object.entries(patched.Resources).flatMap(([id, resource]) => {
    const actions = valueAt(resource, "Properties", "Actions");
    if (resource.Type !== "AWS::ElasticLoadBalancingV2::ListenerRule" || !Array.isArray(actions)) return [];
    return [ruleOf(id, resource, actions)];
  });
  const wrong = (id: string, message: string, key = "Actions") =>
    report(SERVICE_PATCHES, `Resources.${id}.Properties.${key}`, message);
  for (const { id, config, isPlain, actions } of rules) {
    if (actions.length > 1 && actions.some((action) => valueAt(action, "Order") === undefined))
      wrong(id, "must have an Order each, since they are several");
    if (config === undefined) continue;
    if (isPlain) wrong(id, "can sign in at the listener of HTTPS only");
    const secret = valueAt(config, "ClientSecret");
    if (typeof secret === "string" && !/^\{\{resolve:(secretsmanager|ssm-secure):/.test(secret))
      wrong(id, "has the client's secret for all to read: use {{resolve:secretsmanager:…}}");
    for (const message of configProblems(config)) wrong(id, message);
    if (valueAt(config, "OnUnauthenticatedRequest") === "allow")
      wrong(id, "lets requests past that are not signed in: OnUnauthenticatedRequest is allow");
  }
  const pages = rules.find(({ config, denies }) => config !== undefined && !denies);
  if (pages === undefined) return;
  const api = rules.find(({ config, denies, isOfApi }) => config !== undefined && denies && isOfApi);
  if (api === undefined) {
    wrong(
      pages.id,
      "needs a rule for /api/* beside it whose OnUnauthenticatedRequest is deny: a request cannot show a sign-in page",
    );
  } else {
    if (Number(api.priority) >= (Number(pages.priority) || LAST_PRIORITY))
      wrong(
        api.id,
        `comes after the rule of the pages, which takes its requests: ${String(api.priority)}`,
        "Priority",
      );
    const settings = ({ config }: typeof pages) => ({
      ...(config as JsonObject),
      OnUnauthenticatedRequest: null,
    });
    if (!isSame(settings(api), settings(pages)))
      wrong(api.id, "must have the settings of the pages' sign-in, so that both read one cookie");
  }
  for (const { id, config, forwards } of rules) {
    if (config === undefined && forwards) wrong(id, "leads past the sign-in");
  }
}

const MOST_SESSION_S = 7 * 86_400;

/** What of a sign-in the load balancer refuses, or the provider. */
function configProblems(config: Json): string[] {
  const text = (key: string) => {
    const value = valueAt(config, key);
    return typeof value === "string" && !/^(reference|import|attribute)/.test(value) ? value : undefined;
  };
  const plain = ["Issuer", "AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint"].filter(
    (key) => !(text(key) ?? "https://").startsWith("https://"),
  );
  const [scope, cookie, session] = [
    text("Scope"),
    text("SessionCookieName"),
    Number(valueAt(config, "SessionTimeout") ?? 1),
  ];
  return [
    ...plain.map((key) => `${key} must be a whole URL with https, is ${text(key)!}`),
    ...(scope !== undefined && !scope.split(" ").includes("openid") ? ["Scope must have openid"] : []),
    ...(cookie !== undefined && !/^[\w-]+$/.test(cookie)
      ? [`SessionCookieName must be one word, is ${cookie}`]
      : []),
    ...(session > MOST_SESSION_S
      ? [`SessionTimeout must be ${MOST_SESSION_S} s at most, is ${session}`]
      : []),
  ];
}

function ruleOf(id: string, resource: JsonObject, actions: Json[]) {
  const signIn = actions.find((action) => /^authenticate-/.test(String(valueAt(action, "Type"))));
  const config = valueAt(signIn, "AuthenticateOidcConfig") ?? valueAt(signIn, "AuthenticateCognitoConfig");
  const text = (key: string) => JSON.stringify(valueAt(resource, "Properties", key) ?? "");
  return {
    id,
    actions,
    config,
    priority: valueAt(resource, "Properties", "Priority"),
    isPlain: /HTTPListenerArn/.test(text("ListenerArn")),
    denies: valueAt(config, "OnUnauthenticatedRequest") === "deny",
    forwards: actions.some((action) => valueAt(action, "Type") === "forward"),
    // Of all its requests: another condition would let some go to the pages.
    isOfApi:
      text("Conditions").includes('"/api/*"') &&
      !/HttpRequestMethodConfig|HttpHeaderConfig|QueryStringConfig|SourceIpConfig/.test(text("Conditions")),
  };
}
