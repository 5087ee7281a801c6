import { expect, test } from "vitest";
import { add, fit, remove, replace, told } from "../changes.ts";
import { ENVIRONMENT_TEMPLATE } from "../check-templates.ts";
import type { Json, JsonObject } from "../templates/parse-yaml.ts";
import { ENVIRONMENT_PATCHES, SERVICE_PATCHES } from "../problem.ts";
import { valueProblems } from "./value-rules.ts";

/** What is told of one resource. */
function problemsOf(Type: string, Properties: JsonObject): string[] {
  const stack = { Parameters: {}, Conditions: {}, Outputs: {}, Resources: { It: { Type, Properties } } };
  const place = { region: "us-east-1", partition: "aws", account: "123456789012" };
  const problems: string[] = [];
  valueProblems({ file: "a", rendered: stack, patched: stack, place }, (key, what) =>
    problems.push(`${key}: ${what}`),
  );
  return problems;
}

const BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup";
const TASK = "AWS::ECS::TaskDefinition";
const FILES = "AWS::EFS::FileSystem";
const WALL = "AWS::WAFv2::WebACL";
const TARGET = "AWS::ApplicationAutoScaling::ScalableTarget";
const ROLE = "AWS::IAM::Role";

const pairs = (values: Record<string, Json>) =>
  Object.entries(values).map(([Key, Value]) => ({ Key, Value }));
const balancer = (values: Record<string, Json>) => ({ LoadBalancerAttributes: pairs(values) });
const group = (values: Record<string, Json>) => ({ TargetGroupAttributes: pairs(values) });
const task = (container: JsonObject) => ({
  ContainerDefinitions: [{ Name: "chat", ...container }],
  Volumes: [{ Name: "data" }],
});
const logs = (Options: JsonObject) => task({ LogConfiguration: { LogDriver: "awslogs", Options } });
const wall = (rule: JsonObject) => ({ Rules: [{ Priority: 0, ...rule }] });
const night = (Schedule: string, ScalableTargetAction: JsonObject) => ({
  ScheduledActions: [{ Schedule, ScalableTargetAction }],
});
const role = (statement: JsonObject) => ({
  Policies: [{ PolicyName: "mine", PolicyDocument: { Version: "2012-10-17", Statement: [statement] } }],
});
const NIGHT = "cron(0 22 * * ? *)";

test.each([
  ["a yes", BALANCER, balancer({ "deletion_protection.enabled": "yes" }), "must be true or false"],
  [
    "a mode that is none",
    BALANCER,
    balancer({ "routing.http.desync_mitigation_mode": "strict" }),
    "must be monitor",
  ],
  [
    "ten seconds for a client",
    BALANCER,
    balancer({ "client_keep_alive.seconds": "10" }),
    "must be from 60 to 604800",
  ],
  [
    "logs without a bucket",
    BALANCER,
    balancer({ "access_logs.s3.enabled": "true" }),
    "access_logs.s3.bucket is missing",
  ],
  [
    "an attribute that stands twice",
    BALANCER,
    { LoadBalancerAttributes: [...pairs({ a: 1 }), ...pairs({ a: 2 })] },
    "twice",
  ],
  ["a type of address that is none", BALANCER, { IpAddressType: "dual-stack" }, "must be ipv4 or dualstack"],
  [
    "a start that is too fast to be slow",
    GROUP,
    group({ "slow_start.duration_seconds": "10" }),
    "from 30 to 900",
  ],
  [
    "a slow start with another algorithm",
    GROUP,
    group({
      "slow_start.duration_seconds": 30,
      "load_balancing.algorithm.type": "least_outstanding_requests",
    }),
    "round_robin only",
  ],
  [
    "a priority that there is not",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    { Priority: 60_000 },
    "from 1 to 50000",
  ],
  [
    "a variable that stands twice",
    TASK,
    task({ Environment: [{ Name: "A" }, { Name: "A" }] }),
    "A stands there twice",
  ],
  [
    "a volume that is not there",
    TASK,
    task({ MountPoints: [{ SourceVolume: "date" }] }),
    "there is no volume date",
  ],
  [
    "a container that is not there",
    TASK,
    task({ DependsOn: [{ ContainerName: "x" }] }),
    "there is no container x",
  ],
  [
    "a limit that is none",
    TASK,
    task({ Ulimits: [{ Name: "files", SoftLimit: 1, HardLimit: 1 }] }),
    "files is no limit",
  ],
  [
    "a limit above its end",
    TASK,
    task({ Ulimits: [{ Name: "nofile", SoftLimit: 2, HardLimit: 1 }] }),
    "SoftLimit must",
  ],
  [
    "a right of the machine",
    TASK,
    task({ LinuxParameters: { Capabilities: { Add: ["NET_ADMIN"] } } }),
    "SYS_PTRACE only",
  ],
  ["a start that takes too long", TASK, task({ StartTimeout: 300 }), "must be from 2 to 120"],
  ["an option of logs that is none", TASK, logs({ "awslogs-retention": "30" }), "is no option of awslogs"],
  ["lines that are joined", TASK, logs({ "awslogs-multiline-pattern": "^x" }), "metrics line by line"],
  [
    "tasks of two kinds",
    "AWS::ECS::Service",
    { LaunchType: "FARGATE", CapacityProviderStrategy: [] },
    "beside LaunchType",
  ],
  ["logs without metrics", "AWS::Logs::LogGroup", { LogGroupClass: "INFREQUENT_ACCESS" }, "must be STANDARD"],
  ["a key by its alias", "AWS::Logs::LogGroup", { KmsKeyId: "alias/mine" }, "must be the ARN of a key"],
  ["no throughput", FILES, { ProvisionedThroughputInMibps: 0 }, "must be 1 at least"],
  [
    "two moves in one",
    FILES,
    { LifecyclePolicies: [{ TransitionToIA: "AFTER_30_DAYS", TransitionToArchive: "AFTER_90_DAYS" }] },
    "an item for each move",
  ],
  [
    "an archive before",
    FILES,
    { LifecyclePolicies: [{ TransitionToIA: "AFTER_30_DAYS" }, { TransitionToArchive: "AFTER_14_DAYS" }] },
    "to the archive later",
  ],
  ["a firewall of nothing", WALL, wall({}), "protect nothing"],
  [
    "a firewall against all",
    WALL,
    wall({ Statement: { RateBasedStatement: { Limit: 3 } } }),
    "Limit must be 10",
  ],
  ["two rules of one place", WALL, { Rules: [{ Priority: 0 }, { Priority: 0 }] }, "a Priority of its own"],
  ["nobody at night", TARGET, night(NIGHT, { MinCapacity: 0, MaxCapacity: 0 }), "MinCapacity must be 1"],
  ["a schedule of Unix", TARGET, night("0 22 * * *", { MinCapacity: 1 }), "Schedule must be such as"],
  ["a policy by its name", ROLE, { ManagedPolicyArns: ["Mine"] }, "Mine must be the ARN"],
  ["a statement about nothing", ROLE, role({ Effect: "Allow", Action: "logs:*" }), "Resource is missing"],
  [
    "an effect in small letters",
    ROLE,
    role({ Effect: "allow", Action: "a", Resource: "*" }),
    "Effect must be",
  ],
  ["no models", ROLE, role({ Effect: "Deny", Action: "bedrock:*", Resource: "*" }), "denies bedrock:Invoke"],
] as const)("tells %s", (_, type, properties, expected) => {
  expect(problemsOf(type, properties as unknown as JsonObject).join("\n")).toContain(expected);
});

test.each([
  [
    "attributes as words or not",
    BALANCER,
    balancer({ "deletion_protection.enabled": true, "client_keep_alive.seconds": "3600" }),
  ],
  ["a slow start", GROUP, group({ "slow_start.duration_seconds": "30" })],
  ["more open files", TASK, task({ Ulimits: [{ Name: "nofile", SoftLimit: 4_096, HardLimit: 65_536 }] })],
  ["a log that does not block", TASK, logs({ mode: "non-blocking", "max-buffer-size": "25m" })],
  ["fewer tasks at night", TARGET, night(NIGHT, { MinCapacity: 1, MaxCapacity: 2 })],
  ["a schedule of each day", TARGET, night("rate(1 day)", { MinCapacity: 2 })],
  ["no other service", ROLE, role({ Effect: "Deny", Action: "s3:*", Resource: "*" })],
  ["no model but one", ROLE, role({ Effect: "Deny", Action: "bedrock:*", NotResource: "arn:x" })],
] as const)("takes %s", (_, type, properties) => {
  expect(problemsOf(type, properties as unknown as JsonObject)).toEqual([]);
});

const SCALING = "AutoScalingPolicyActiveReplies/Properties";
told("a value in a patch", [
  [
    "no reply for each task",
    replace(SERVICE_PATCHES, `${SCALING}/TargetTrackingScalingPolicyConfiguration/TargetValue`, 0),
    "AutoScalingPolicyActiveReplies.Properties.TargetValue: must be more than 0",
  ],
  [
    "the name of another policy",
    replace(SERVICE_PATCHES, `${SCALING}/PolicyName`, {
      "Fn::Join": ["-", [{ Ref: "WorkloadName" }, "ECSServiceAverageCPUUtilization", "ScalingPolicy"]],
    }),
    "which it replaces",
  ],
  [
    "a way out to some",
    replace(ENVIRONMENT_PATCHES, "PrivateRoute1/Properties/DestinationCidrBlock", "10.0.0.0/8"),
    "PrivateRoute1.Properties.DestinationCidrBlock: must keep",
  ],
  [
    "two subnets of one zone",
    replace(ENVIRONMENT_PATCHES, "PublicSubnet2/Properties/AvailabilityZone", {
      "Fn::Select": [0, { "Fn::GetAZs": "" }],
    }),
    "PublicSubnet2.Properties.AvailabilityZone: is that of PublicSubnet1 too",
  ],
  [
    "a closed door",
    replace(
      ENVIRONMENT_PATCHES,
      "PublicHTTPLoadBalancerSecurityGroup/Properties/SecurityGroupIngress/0/FromPort",
      8_080,
    ),
    "must let in at port 80",
  ],
  [
    "a removed door",
    remove(ENVIRONMENT_PATCHES, "PublicHTTPLoadBalancerSecurityGroup/Properties/SecurityGroupIngress"),
    "must let in at port 80",
  ],
]);
told("a value in a template", [
  [
    "a firewall that refuses all",
    [ENVIRONMENT_TEMPLATE, "Limit: !Ref RequestsPerFiveMinutes", "Limit: 5"],
    "Limit must be 10 at least",
  ],
  [
    "a firewall before nothing",
    [ENVIRONMENT_TEMPLATE, /  WebAclAssociation:\n[^]*?\n(?= {2}# What no rule)/, ""],
    "Resources.WebAcl.Properties.Rules: protect nothing",
  ],
]);
fit("a value in a patch", [
  [
    "a variable by a condition",
    add(SERVICE_PATCHES, "TaskDefinition/Properties/ContainerDefinitions/0/Environment/-", {
      "Fn::If": ["IsGovCloud", { Name: "LOG_LEVEL", Value: "warn" }, { Name: "LOG_LEVEL", Value: "info" }],
    }),
  ],
  [
    "a time to stop by a condition",
    replace(SERVICE_PATCHES, "TaskDefinition/Properties/ContainerDefinitions/0/StopTimeout", {
      "Fn::If": ["IsGovCloud", 115, 120],
    }),
  ],
  [
    "another name of the application in both templates",
    [
      ["copilot/cloudformation/environment.yml", "Default: holdfast\n", "Default: mychat\n"],
      ["copilot/cloudformation/service.yml", "Default: holdfast\n", "Default: mychat\n"],
    ],
  ],
]);
