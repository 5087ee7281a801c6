import { isMade, type Patched } from "./check-stack.ts";
import { intrinsic, isObject, valueAt, type Json } from "./parse-yaml.ts";
import { ENVIRONMENT_PATCHES, SERVICE_PATCHES, type Report } from "./problem.ts";
import { resolve } from "./resolve-template.ts";
import type { ServiceManifest } from "./service-manifest.ts";
import { asTemplate } from "./check-stack.ts";

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
