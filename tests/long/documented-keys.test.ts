import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { isObject } from "~/conversation/is-object";
import { checkDeployment } from "../deploy/check-deployment.ts";
import { ENVIRONMENT_PATCHES, MANIFEST, SERVICE_PATCHES, type Files } from "../deploy/problem.ts";
import { readFiles } from "../deploy/read-files.ts";

// What Copilot documents and a deployer may well want is not reported as a mistake.

const files = readFiles();
const ENVIRONMENTS = ["test", "prod"].map((name) => `copilot/environments/${name}/manifest.yml`);

type Tree = { [key: string]: unknown };

/** Maps are merged into those that are there; undefined takes a key away. */
function merged(base: unknown, over: unknown): unknown {
  if (!isObject(base) || !isObject(over)) return over;
  const changed = Object.entries(over).map(([key, value]) => [key, merged(base[key], value)] as const);
  const all = { ...base, ...Object.fromEntries(changed) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function withKeys(file: string, keys: Tree, given: Files = files): Files {
  return { ...given, [file]: stringify(merged(parse(given[file]!), keys)) };
}
const withEnvironmentKeys = (keys: Tree, given: Files = files) =>
  ENVIRONMENTS.reduce((all, file) => withKeys(file, keys, all), given);

const envoy = { image: "public.ecr.aws/envoy:v1", port: "8080/tcp" };
const x86 = { platform: "linux/x86_64" };
const scaling = { cpu_percentage: 60, memory_percentage: 75 };

test.each<[name: string, keys: Tree]>([
  ["a sidecar", { sidecars: { envoy: { ...envoy, essential: false, labels: { team: "chat" } } } }],
  [
    "a sidecar that the app waits for",
    {
      image: { depends_on: { setup: "success", envoy: "HEALTHY" } },
      sidecars: {
        setup: {
          image: { location: "public.ecr.aws/setup:v1" },
          essential: false,
          mount_points: [{ source_volume: "data", path: "/data", read_only: false }],
        },
        envoy: {
          image: { build: { dockerfile: "envoy/Dockerfile", args: { A: "b" } } },
          port: 8080,
          healthcheck: { command: ["CMD", "true"], interval: "10s", retries: 2, timeout: "5s" },
          variables: { LEVEL: "info", TABLE: { from_cfn: "tables-Name" } },
          secrets: { TOKEN: { secretsmanager: "holdfast/envoy" } },
          env_file: "envoy.env",
          command: ["-c", "/etc/envoy.yaml"],
          credentialsParameter: "arn:aws:secretsmanager:us-east-1:123456789012:secret:registry",
        },
      },
    },
  ],
  [
    "a container of the task that gets the requests",
    { sidecars: { envoy }, http: { target_container: "envoy" } },
  ],
  ["the app itself, by name", { http: { target_container: "chat", target_port: 3000, version: "http1" } }],
  [
    "a network load balancer before a proxy of the task",
    { sidecars: { envoy }, nlb: { port: "8080/tcp", target_container: "envoy" } },
  ],
  [
    "one at another port",
    {
      sidecars: { envoy },
      nlb: {
        port: 443,
        target_container: "envoy",
        target_port: 8080,
        stickiness: true,
        deregistration_delay: "110s",
        healthcheck: { port: 8080, interval: "10s", healthy_threshold: 2 },
        additional_listeners: [{ port: 8443, target_container: "envoy", target_port: 8080 }],
      },
    },
  ],
  [
    "spare capacity from the third task on",
    { ...x86, count: { range: { min: 2, max: 10, spot_from: 3 }, ...scaling } },
  ],
  ["a range as a map", { count: { range: { min: 2, max: 10 }, ...scaling } }],
  [
    "scaling by requests and time, with a common cooldown",
    {
      count: {
        range: "2-10",
        cooldown: { in: "5m", out: "1.5m" },
        cpu_percentage: { value: 50, cooldown: { out: "30s" } },
        requests: 1000,
        response_time: { value: "2s", cooldown: { in: "2m" } },
      },
    },
  ],
  ["a longer log", { logging: { retention: 365 } }],
  [
    "a log router that goes to CloudWatch too",
    {
      logging: {
        destination: { Name: "cloudwatch", region: "us-east-1", log_group_name: "chat" },
        enableMetadata: false,
        configFilePath: "/extra.conf",
        variables: { LEVEL: "info" },
        secretOptions: { KEY: { secretsmanager: "holdfast/log" } },
      },
    },
  ],
  [
    "overrides of the task definition",
    {
      taskdef_overrides: [
        { path: "ContainerDefinitions[0].Ulimits[-].Name", value: "nofile" },
        { path: "ContainerDefinitions[0].Ulimits[0].SoftLimit", value: 65536 },
        { path: "ContainerDefinitions[0].Ulimits[0].HardLimit", value: 65536 },
        { path: "ContainerDefinitions[0].DockerLabels", value: { team: "chat" } },
      ],
    },
  ],
  ["exec as a map", { exec: { enable: true } }],
  [
    "secrets of Secrets Manager and of another stack",
    {
      secrets: {
        ACCESS_CODE: { secretsmanager: "holdfast/${COPILOT_ENVIRONMENT_NAME}/access-code" },
        OPERATOR_CODE: { from_cfn: "codes-Operator" },
      },
    },
  ],
  [
    "a secret by its ARN",
    { secrets: { ACCESS_CODE: "arn:aws:ssm:us-east-1:123456789012:parameter/holdfast/ACCESS_CODE" } },
  ],
  [
    "a secret of each environment, by its name",
    {
      environments: {
        test: { secrets: { ACCESS_CODE: "/copilot/holdfast/test/secrets/ACCESS_CODE" } },
        prod: { secrets: { ACCESS_CODE: "/copilot/holdfast/prod/secrets/ACCESS_CODE" } },
      },
    },
  ],
  ["a variable of another stack", { variables: { BEDROCK_GUARDRAIL: { from_cfn: "guardrails-Id" } } }],
  ["a file of variables", { env_file: "chat.env" }],
  [
    "several names of one environment",
    { environments: { prod: { http: { alias: ["chat.example.com", "www.example.com"] } } } },
  ],
  ["a name of each environment", { http: { alias: "${COPILOT_ENVIRONMENT_NAME}.example.com" } }],
  ["addresses of both kinds", { http: { allowed_source_ips: ["192.0.2.0/24", "2001:db8::/32"] } }],
  [
    "more rules of the load balancer",
    {
      http: {
        additional_rules: [
          {
            path: "/api",
            allowed_source_ips: ["192.0.2.0/24"],
            healthcheck: "/readyz",
            deregistration_delay: "110s",
          },
          {
            path: "/c",
            healthcheck: { path: "/readyz", success_codes: "200", unhealthy_threshold: 4 },
            deregistration_delay: "110s",
          },
        ],
      },
    },
  ],
  [
    "groups of one's own",
    { network: { vpc: { security_groups: ["sg-0123456789abcdef0", { from_cfn: "groups-Id" }] } } },
  ],
  [
    "groups as a map",
    { network: { vpc: { security_groups: { groups: ["sg-0123456789abcdef0"], deny_default: false } } } },
  ],
  [
    "subnets by their tags",
    { network: { vpc: { placement: { subnets: { from_tags: { tier: ["app", "chat"] } } } } } },
  ],
  [
    "subnets by their ids",
    {
      network: { vpc: { placement: { subnets: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"] } } },
    },
  ],
  ["discovery by Service Connect", { network: { connect: { alias: "chat" } } }],
  [
    "a rolling deployment, said",
    { deployment: { rolling: "default", rollback_alarms: ["holdfast-errors"] } },
  ],
  [
    "alarms that roll back",
    { deployment: { rollback_alarms: { cpu_utilization: 90, memory_utilization: 90 } } },
  ],
  ["room for files of the task", { storage: { ephemeral: 50 } }],
  [
    "a volume of the task's own",
    { storage: { volumes: { scratch: { path: "/scratch", read_only: false } } } },
  ],
  ["another architecture, as a map", { platform: { osfamily: "linux", architecture: "x86_64" } }],
  ["an architecture in capitals", { platform: "Linux/ARM64" }],
  [
    "an image that was built elsewhere",
    { image: { build: undefined, location: "123456789012.dkr.ecr.us-east-1.amazonaws.com/chat:v1" } },
  ],
  ["the Dockerfile alone", { image: { build: "./Dockerfile" } }],
  [
    "arguments and caches of the build",
    { image: { build: { args: { A: 1 }, cache_from: ["chat:latest"] } } },
  ],
  ["labels", { image: { labels: { team: "chat" } } }],
  [
    "a check of the container by node",
    { image: { healthcheck: { command: ["CMD", "node", "-e", "0"], interval: "10s", start_period: "30s" } } },
  ],
  ["topics", { publish: { topics: [{ name: "replies" }, { name: "spent", fifo: true }] } }],
  ["traces", { observability: { tracing: "awsxray" } }],
  ["tasks in public subnets, by default", { network: undefined }],
  ["no stickiness, by default", { http: { stickiness: undefined } }],
  [
    "the load balancer's own thresholds",
    { http: { healthcheck: { healthy_threshold: undefined, success_codes: undefined } } },
  ],
  ["the default retention", { logging: undefined }],
  [
    "an environment with a kept file system",
    {
      environments: {
        prod: {
          storage: {
            volumes: {
              data: {
                efs: {
                  id: "fs-0123456789abcdef0",
                  auth: { iam: true, access_point_id: "fsap-0123456789abcdef0" },
                },
              },
            },
          },
        },
      },
    },
  ],
  [
    "a file system of another stack",
    {
      storage: {
        volumes: {
          data: {
            efs: {
              uid: undefined,
              gid: undefined,
              id: { from_cfn: "files-Id" },
              auth: { iam: true, access_point_id: "fsap-0123456789abcdef0" },
            },
          },
        },
      },
    },
  ],
  [
    "an environment with its own image, size, checks and names",
    {
      environments: {
        prod: {
          image: { location: "123456789012.dkr.ecr.us-east-1.amazonaws.com/chat:v1" },
          cpu: 1024,
          memory: 4096,
          http: { alias: "chat.example.com", healthcheck: { interval: "20s" } },
          logging: { retention: 90 },
          variables: { LOG_LEVEL: "debug", DAILY_DOLLAR_BUDGET: "50" },
        },
        test: null,
      },
    },
  ],
])("the service's manifest may have %s", (_, keys) => {
  expect(checkDeployment(withKeys(MANIFEST, keys))).toEqual([]);
});

test.each<[name: string, keys: Tree]>([
  [
    "three zones",
    {
      network: {
        vpc: {
          cidr: "10.1.0.0/16",
          subnets: {
            public: ["a", "b", "c"].map((zone, n) => ({ cidr: `10.1.${n}.0/24`, az: `us-east-1${zone}` })),
            private: ["a", "b", "c"].map((zone, n) => ({
              cidr: `10.1.${n + 3}.0/24`,
              az: `us-east-1${zone}`,
            })),
          },
        },
      },
    },
  ],
  [
    "rules of the tasks' group",
    {
      network: {
        vpc: {
          security_group: {
            ingress: [{ ip_protocol: "tcp", ports: "80-90", cidr: "10.0.0.0/8" }],
            egress: [{ ip_protocol: -1, ports: 0, cidr: "0.0.0.0/0" }],
          },
        },
      },
    },
  ],
  ["a log of flows", { network: { vpc: { flow_logs: true } } }],
  ["a log of flows for long", { network: { vpc: { flow_logs: { retention: 120 } } } }],
  ["insights", { observability: { container_insights: true } }],
  ["a load balancer for some", { http: { public: { ingress: { source_ips: ["192.0.2.0/24"] } } } }],
  [
    "access logs in a bucket of one's own",
    { http: { public: { access_logs: { bucket_name: "mine", prefix: "a" } } } },
  ],
  ["another policy of TLS", { http: { public: { ssl_policy: "ELBSecurityPolicy-TLS13-1-3-2021-06" } } }],
  ["a private load balancer's policy", { http: { private: { ingress: { vpc: true } } } }],
  ["no settings at all", { http: undefined, observability: undefined }],
])("an environment's manifest may have %s", (_, keys) => {
  expect(checkDeployment(withEnvironmentKeys(keys))).toEqual([]);
});

test("manifests may have YAML's anchors, merges and pieces for them", () => {
  const text = files[MANIFEST]!.replace(
    "  test:\n    cpu: 256\n    memory: 512\n",
    "  test:\n    <<: *small\n    variables: *few\n",
  ).replace(
    "image:\n",
    "x-small: &small\n  cpu: 256\n  memory: 512\nx-few: &few\n  LOG_LEVEL: debug\n\nimage:\n",
  );
  expect(checkDeployment({ ...files, [MANIFEST]: text })).toEqual([]);
  const wrong = text.replace("memory: 512\nx-few", "memory: 700\nx-few");
  expect(checkDeployment({ ...files, [MANIFEST]: wrong }).join("\n")).toContain("memory: Fargate has");
});

const withPatch = (file: string, patch: Tree, given: Files = files): Files => ({
  ...given,
  [file]: `${given[file]!}\n${stringify([patch])}`,
});

test.each<[name: string, file: string, patch: Tree]>([
  [
    "tasks by the clock",
    SERVICE_PATCHES,
    {
      op: "add",
      path: "/Resources/AutoScalingTarget/Properties/ScheduledActions",
      value: [
        {
          ScheduledActionName: "morning",
          Schedule: "cron(0 7 ? * MON-FRI *)",
          ScalableTargetAction: { MinCapacity: 4, MaxCapacity: 10 },
        },
      ],
    },
  ],
  [
    "a right more",
    SERVICE_PATCHES,
    {
      op: "add",
      path: "/Resources/TaskRole/Properties/Policies/-",
      value: {
        PolicyName: "Topic",
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Action: "sns:Publish", Resource: "*" }],
        },
      },
    },
  ],
  [
    "a load balancer that drops odd headers",
    ENVIRONMENT_PATCHES,
    {
      op: "add",
      path: "/Resources/PublicLoadBalancer/Properties/LoadBalancerAttributes/-",
      value: { Key: "routing.http.drop_invalid_header_fields.enabled", Value: "true" },
    },
  ],
])("a patch may add %s", (_, file, patch) => {
  expect(checkDeployment(withPatch(file, patch))).toEqual([]);
});

test("with a network load balancer of a name, Copilot's functions for it need patches", () => {
  const named = withKeys(MANIFEST, {
    nlb: { port: "443/tls", target_port: 3000, alias: "nlb.example.com" },
  });
  const told = checkDeployment(named).join("\n");
  expect(told).toContain("NLBCustomDomainFunction.Properties.Runtime: must be patched to nodejs24.x");
  expect(told).toContain("NLBCertValidatorFunction.Properties.Runtime: must be patched to nodejs24.x");
});
