import {
  allow,
  att,
  customResource,
  iff,
  imported,
  join,
  lambda,
  NO_VALUE,
  policy,
  ref,
  role,
  sub,
} from "./intrinsics.ts";
import type { Json, JsonObject } from "../parse-yaml.ts";
import { hasManagedVolume, serviceParameters, type Stack, type Variant } from "./variant.ts";
import { SERVICE } from "../problem.ts";

const MANAGED = sub("arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole");
const NAME = sub("${AppName}-${EnvName}-${WorkloadName}");
const FILE_SYSTEM = att("EnvControllerAction", "ManagedFileSystemID");

/**
 * The stack that Copilot 1.34.1 renders for a load-balanced web service: every resource and property that a patch can
 * meet. Read from its public templates (internal/pkg/template/templates/workloads), put down in our own words.
 */
export function serviceStack(variant: Variant): Stack {
  return {
    Parameters: Object.fromEntries(
      Object.keys(serviceParameters(variant)).map((name) => [name, { Type: "String" }]),
    ),
    Conditions: {
      IsGovCloud: { "Fn::Equals": [ref("AWS::Partition"), "aws-us-gov"] },
      HasAssociatedDomain: { "Fn::Equals": [ref("DNSDelegated"), "true"] },
      HasAddons: { "Fn::Not": [{ "Fn::Equals": [ref("AddonsTemplateURL"), ""] }] },
      HasEnvFile: { "Fn::Not": [{ "Fn::Equals": [ref("EnvFileARN"), ""] }] },
    },
    Resources: {
      LogGroup: {
        Type: "AWS::Logs::LogGroup",
        Properties: {
          LogGroupName: join("", "/copilot/", NAME),
          RetentionInDays: ref("LogRetention"),
        },
      },
      TaskDefinition: taskDefinition(variant),
      ExecutionRole: executionRole(),
      TaskRole: taskRole(variant),
      DiscoveryService: discoveryService(),
      ...(typeof variant.service.count === "object" && autoScaling(variant)),
      ...environmentController(variant),
      Service: service(variant),
      ...targetGroup(variant),
      ...(variant.service.http.alias === undefined ? httpRule(variant) : httpsRules(variant)),
      ...(hasManagedVolume(variant) && { AccessPoint: accessPoint(variant) }),
      AddonsStack: {
        Type: "AWS::CloudFormation::Stack",
        DependsOn: "EnvControllerAction",
        Condition: "HasAddons",
        Properties: {
          Parameters: { App: ref("AppName"), Env: ref("EnvName"), Name: ref("WorkloadName") },
          TemplateURL: ref("AddonsTemplateURL"),
        },
      },
    },
    Outputs: {
      DiscoveryServiceARN: {
        Value: att("DiscoveryService", "Arn"),
        Export: { Name: sub("${AWS::StackName}-DiscoveryServiceARN") },
      },
    },
  };
}

function taskDefinition({ service: manifest, environment }: Variant): JsonObject {
  const { storage, platform, variables, secrets, image } = manifest;
  const mounts = Object.entries(storage.volumes);
  const mountPoints = Object.fromEntries(mounts.map(([name, { path }]) => [name, path]));
  const set: Record<string, Json> = {
    COPILOT_APPLICATION_NAME: sub("${AppName}"),
    COPILOT_SERVICE_DISCOVERY_ENDPOINT: `${environment.name}.holdfast.local`,
    COPILOT_ENVIRONMENT_NAME: sub("${EnvName}"),
    COPILOT_SERVICE_NAME: sub("${WorkloadName}"),
    COPILOT_LB_DNS: att("EnvControllerAction", "PublicLoadBalancerDNSName"),
    ...variables,
    COPILOT_MOUNT_POINTS: JSON.stringify(mountPoints),
  };
  const container: JsonObject = {
    Name: ref("WorkloadName"),
    Image: ref("ContainerImage"),
    Secrets: Object.entries(secrets ?? {}).map(([name, from]) => ({ Name: name, ValueFrom: from })),
    Environment: Object.entries(set).map(([name, value]) => ({ Name: name, Value: value })),
    EnvironmentFiles: [iff("HasEnvFile", { Type: "s3", Value: ref("EnvFileARN") }, NO_VALUE)],
    LogConfiguration: {
      LogDriver: "awslogs",
      Options: {
        "awslogs-region": ref("AWS::Region"),
        "awslogs-group": ref("LogGroup"),
        "awslogs-stream-prefix": "copilot",
      },
    },
    ...(storage.readonly_fs !== undefined && { ReadonlyRootFilesystem: storage.readonly_fs }),
    MountPoints: mounts.map(([name, { path, read_only: readOnly }]) => ({
      ContainerPath: path,
      ReadOnly: readOnly ?? true,
      SourceVolume: name,
    })),
    PortMappings: [{ ContainerPort: image.port, Protocol: "tcp", Name: "target" }],
  };
  return {
    Type: "AWS::ECS::TaskDefinition",
    DependsOn: "LogGroup",
    Properties: {
      Family: NAME,
      RuntimePlatform: {
        OperatingSystemFamily: "LINUX",
        CpuArchitecture: platform === "linux/arm64" ? "ARM64" : "X86_64",
      },
      NetworkMode: "awsvpc",
      RequiresCompatibilities: ["FARGATE"],
      Cpu: ref("TaskCPU"),
      Memory: ref("TaskMemory"),
      ...(storage.ephemeral !== undefined && { EphemeralStorage: { SizeInGiB: storage.ephemeral } }),
      ExecutionRoleArn: att("ExecutionRole", "Arn"),
      TaskRoleArn: att("TaskRole", "Arn"),
      ContainerDefinitions: [container],
      Volumes: mounts.flatMap(([name, { efs }]) => (efs ? [volume(name, efs)] : [])),
    },
  };
}

type Efs = NonNullable<Variant["service"]["storage"]["volumes"][string]["efs"]>;

function volume(name: string, { id, auth, root_dir: rootDirectory }: Efs): JsonObject {
  const managed = { AccessPointId: ref("AccessPoint"), IAM: "ENABLED" };
  const own = {
    ...(auth?.access_point_id !== undefined && { AccessPointId: auth.access_point_id }),
    ...(auth?.iam === true && { IAM: "ENABLED" }),
  };
  const authorization = id === undefined ? managed : own;
  return {
    Name: name,
    EFSVolumeConfiguration: {
      FilesystemId: id ?? FILE_SYSTEM,
      RootDirectory: id === undefined ? "/" : (rootDirectory ?? "/"),
      TransitEncryption: "ENABLED",
      ...(Object.keys(authorization).length > 0 && { AuthorizationConfig: authorization }),
    },
  };
}

function executionRole(): JsonObject {
  const tagged = (service: string) => ({
    StringEquals: {
      [`${service}:ResourceTag/copilot-application`]: sub("${AppName}"),
      [`${service}:ResourceTag/copilot-environment`]: sub("${EnvName}"),
    },
  });
  const all = (service: string, what: string) =>
    sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${what}`);
  return role("ecs-tasks.amazonaws.com", {
    Policies: [
      policy(
        sub("${AppName}-${EnvName}-${WorkloadName}SecretsPolicy"),
        allow(["ssm:GetParameters"], [all("ssm", "parameter/*")], tagged("ssm")),
        allow(
          ["secretsmanager:GetSecretValue"],
          [all("secretsmanager", "secret:*")],
          tagged("secretsmanager"),
        ),
        allow(["kms:Decrypt"], [ref("ArtifactKeyARN")]),
        allow(["kms:Decrypt"], [all("kms", "key/*")], tagged("aws")),
      ),
    ],
    ManagedPolicyArns: [
      sub("arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"),
    ],
  });
}

/** The managed policies among the addons' outputs join it, so it waits for the addons. */
function taskRole(variant: Variant): JsonObject {
  const { exec, storage } = variant.service;
  const access = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"];
  const fileSystem = "arn:${AWS::Partition}:elasticfilesystem:${AWS::Region}:${AWS::AccountId}";
  const through = (arn: Json) => ({ StringEquals: { "elasticfilesystem:AccessPointArn": arn } });
  const policies = [
    policy("DenyIAM", { Effect: "Deny", Action: "iam:*", Resource: "*" }),
    ...(exec ? [executeCommand()] : []),
    ...Object.values(storage.volumes).flatMap(({ efs, read_only: readOnly }) => {
      if (efs?.id === undefined) return [];
      const point = efs.auth?.access_point_id;
      return [
        policy(
          `GrantEFSAccess${efs.id}`,
          allow(
            readOnly === false ? access : access.slice(0, 1),
            [sub(`${fileSystem}:file-system/${efs.id}`)],
            point === undefined ? undefined : through(sub(`${fileSystem}:access-point/${point}`)),
          ),
        ),
      ];
    }),
    ...(hasManagedVolume(variant)
      ? [
          policy(
            "GrantAccessCopilotManagedEFS",
            allow(
              access,
              [{ "Fn::Sub": [`${fileSystem}:file-system/\${fsid}`, { fsid: FILE_SYSTEM }] }],
              through(att("AccessPoint", "Arn")),
            ),
          ),
        ]
      : []),
  ];
  return {
    ...role("ecs-tasks.amazonaws.com", {
      ManagedPolicyArns: [att("AddonsStack", "Outputs.BedrockPolicyArn")],
      Policies: policies,
    }),
  };
}

function executeCommand(): JsonObject {
  const channels = ["CreateControlChannel", "OpenControlChannel", "CreateDataChannel", "OpenDataChannel"];
  const logs = ["CreateLogStream", "DescribeLogGroups", "DescribeLogStreams", "PutLogEvents"];
  return policy(
    "ExecuteCommand",
    allow(
      channels.map((name) => `ssmmessages:${name}`),
      "*",
    ),
    allow(
      logs.map((name) => `logs:${name}`),
      "*",
    ),
  );
}

function discoveryService(): JsonObject {
  return {
    Type: "AWS::ServiceDiscovery::Service",
    Properties: {
      Description: "Discovery Service for the Copilot services",
      DnsConfig: {
        RoutingPolicy: "MULTIVALUE",
        DnsRecords: [
          { TTL: 10, Type: "A" },
          { TTL: 10, Type: "SRV" },
        ],
      },
      HealthCheckCustomConfig: { FailureThreshold: 1 },
      Name: ref("WorkloadName"),
      NamespaceId: imported("ServiceDiscoveryNamespaceID"),
    },
  };
}

/** What a fixed number of tasks does not have. */
function autoScaling({ service: { count } }: Variant): Record<string, JsonObject> {
  if (typeof count === "number") return {};
  const resources: Record<string, JsonObject> = {
    DynamicDesiredCountAction: customResource("DynamicDesiredCountFunction", {
      Cluster: imported("ClusterId"),
      App: ref("AppName"),
      Env: ref("EnvName"),
      Svc: ref("WorkloadName"),
      DefaultDesiredCount: ref("TaskCount"),
      UpdateID: "random",
    }),
    DynamicDesiredCountFunction: lambda("DynamicDesiredCountFunctionRole"),
    DynamicDesiredCountFunctionRole: role("lambda.amazonaws.com", {
      ManagedPolicyArns: [MANAGED],
      Policies: [
        policy("DelegateDesiredCountAccess", allow(["ecs:DescribeServices", "tag:GetResources"], "*")),
      ],
    }),
    AutoScalingRole: role("ecs-tasks.amazonaws.com", {
      ManagedPolicyArns: [
        sub("arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonEC2ContainerServiceAutoscaleRole"),
      ],
    }),
    AutoScalingTarget: {
      Type: "AWS::ApplicationAutoScaling::ScalableTarget",
      Properties: {
        MinCapacity: count.range.min,
        MaxCapacity: count.range.max,
        ResourceId: join("/", "service", imported("ClusterId"), att("Service", "Name")),
        ScalableDimension: "ecs:service:DesiredCount",
        ServiceNamespace: "ecs",
        RoleARN: att("AutoScalingRole", "Arn"),
      },
    },
  };
  for (const [metric, given] of [
    ["ECSServiceAverageCPUUtilization", count.cpu_percentage],
    ["ECSServiceAverageMemoryUtilization", count.memory_percentage],
  ] as const) {
    if (given === undefined) continue;
    resources[`AutoScalingPolicy${metric}`] = {
      Type: "AWS::ApplicationAutoScaling::ScalingPolicy",
      Properties: {
        PolicyName: join("-", ref("WorkloadName"), metric, "ScalingPolicy"),
        PolicyType: "TargetTrackingScaling",
        ScalingTargetId: ref("AutoScalingTarget"),
        TargetTrackingScalingPolicyConfiguration: {
          PredefinedMetricSpecification: { PredefinedMetricType: metric },
          ScaleInCooldown: given.cooldown?.in ?? 120,
          ScaleOutCooldown: given.cooldown?.out ?? 60,
          TargetValue: given.value,
        },
      },
    };
  }
  return resources;
}

/** The function that makes the load balancer, the file system and NAT gateways in the environment's stack. */
function environmentController(variant: Variant): Record<string, JsonObject> {
  const { service: manifest } = variant;
  const { alias } = manifest.http;
  const stack = "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack";
  return {
    EnvControllerAction: customResource("EnvControllerFunction", {
      Workload: ref("WorkloadName"),
      ...(alias !== undefined && { Aliases: [alias] }),
      EnvStack: sub("${AppName}-${EnvName}"),
      Parameters: [
        "ALBWorkloads",
        "Aliases",
        ...(manifest.network.vpc.placement === "private" ? ["NATWorkloads"] : []),
        ...(hasManagedVolume(variant) ? ["EFSWorkloads"] : []),
      ],
      EnvVersion: "v1.34.1",
    }),
    EnvControllerFunction: lambda("EnvControllerRole"),
    EnvControllerRole: role("lambda.amazonaws.com", {
      Path: "/",
      Policies: [
        policy(
          "EnvControllerStackUpdate",
          allow(
            ["cloudformation:DescribeStacks", "cloudformation:UpdateStack"],
            sub(`${stack}/\${AppName}-\${EnvName}/*`),
          ),
        ),
      ],
      ManagedPolicyArns: [MANAGED],
    }),
  };
}

function service(variant: Variant): JsonObject {
  const { service: manifest } = variant;
  const isRecreated = manifest.deployment?.rolling === "recreate";
  const grace = manifest.http.healthcheck.grace_period ?? 60;
  return {
    Type: "AWS::ECS::Service",
    DependsOn:
      manifest.http.alias === undefined
        ? ["HTTPListenerRule"]
        : ["HTTPListenerRuleWithDomain", "HTTPSListenerRule"],
    Properties: {
      PlatformVersion: "LATEST",
      Cluster: imported("ClusterId"),
      TaskDefinition: ref("TaskDefinition"),
      DesiredCount:
        typeof manifest.count === "object"
          ? att("DynamicDesiredCountAction", "DesiredCount")
          : ref("TaskCount"),
      DeploymentConfiguration: {
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        MinimumHealthyPercent: isRecreated ? 0 : 100,
        MaximumPercent: isRecreated ? 100 : 200,
        Alarms: iff("IsGovCloud", NO_VALUE, { Enable: false, AlarmNames: [], Rollback: true }),
      },
      PropagateTags: "SERVICE",
      ...(manifest.exec && { EnableExecuteCommand: true }),
      LaunchType: "FARGATE",
      ServiceConnectConfiguration: iff("IsGovCloud", NO_VALUE, { Enabled: false }),
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          AssignPublicIp: manifest.network.vpc.placement === "public" ? "ENABLED" : "DISABLED",
          Subnets: {
            "Fn::Split": [
              ",",
              imported(manifest.network.vpc.placement === "public" ? "PublicSubnets" : "PrivateSubnets"),
            ],
          },
          SecurityGroups: [imported("EnvironmentSecurityGroup")],
        },
      },
      HealthCheckGracePeriodSeconds: grace,
      LoadBalancers: [
        { ContainerName: SERVICE, ContainerPort: manifest.image.port, TargetGroupArn: ref("TargetGroup") },
      ],
      ServiceRegistries: [{ RegistryArn: att("DiscoveryService", "Arn"), Port: ref("TargetPort") }],
    },
  };
}

function targetGroup({ service: { http, image } }: Variant): Record<string, JsonObject> {
  const check = http.healthcheck;
  return {
    TargetGroup: {
      Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
      Properties: {
        HealthCheckPath: check.path,
        ...(check.port !== undefined && { HealthCheckPort: check.port }),
        ...(check.success_codes !== undefined && { Matcher: { HttpCode: check.success_codes } }),
        HealthyThresholdCount: check.healthy_threshold,
        UnhealthyThresholdCount: check.unhealthy_threshold,
        HealthCheckIntervalSeconds: check.interval,
        HealthCheckTimeoutSeconds: check.timeout,
        Port: image.port,
        Protocol: "HTTP",
        TargetGroupAttributes: [
          { Key: "deregistration_delay.timeout_seconds", Value: http.deregistration_delay },
          { Key: "stickiness.enabled", Value: http.stickiness },
        ],
        TargetType: "ip",
        VpcId: imported("VpcId"),
      },
    },
    RulePriorityFunction: lambda("RulePriorityFunctionRole", "index.nextAvailableRulePriorityHandler"),
    RulePriorityFunctionRole: role("lambda.amazonaws.com", {
      Path: "/",
      ManagedPolicyArns: [MANAGED],
      Policies: [policy("RulePriorityGeneratorAccess", allow(["elasticloadbalancing:DescribeRules"], "*"))],
    }),
  };
}

const FORWARD: Json = { TargetGroupArn: ref("TargetGroup"), Type: "forward" };
const listenerOf = (protocol: "HTTP" | "HTTPS") => att("EnvControllerAction", `${protocol}ListenerArn`);

function conditionsOf({ service: { http } }: Variant): Json[] {
  const { allowed_source_ips: sources, alias } = http;
  return [
    ...(sources === undefined ? [] : [{ Field: "source-ip", SourceIpConfig: { Values: sources } }]),
    ...(alias === undefined ? [] : [{ Field: "host-header", HostHeaderConfig: { Values: [alias] } }]),
    { Field: "path-pattern", PathPatternConfig: { Values: ["/*"] } },
  ];
}

function priority(protocol: "HTTP" | "HTTPS"): JsonObject {
  return customResource("RulePriorityFunction", { RulePath: ["/"], ListenerArn: listenerOf(protocol) });
}

function rule(actions: Json[], variant: Variant, protocol: "HTTP" | "HTTPS", order: string): JsonObject {
  return {
    Type: "AWS::ElasticLoadBalancingV2::ListenerRule",
    Properties: {
      Actions: actions,
      Conditions: conditionsOf(variant),
      ListenerArn: listenerOf(protocol),
      Priority: att(order, "Priority"),
    },
  };
}

function httpRule(variant: Variant): Record<string, JsonObject> {
  return {
    HTTPRulePriorityAction: priority("HTTP"),
    HTTPListenerRule: rule([FORWARD], variant, "HTTP", "HTTPRulePriorityAction"),
  };
}

function httpsRules(variant: Variant): Record<string, JsonObject> {
  const redirect: Json = {
    Type: "redirect",
    RedirectConfig: {
      Protocol: "HTTPS",
      Port: 443,
      Host: "#{host}",
      Path: "/#{path}",
      Query: "#{query}",
      StatusCode: "HTTP_301",
    },
  };
  const plain = variant.service.http.redirect_to_https === false ? FORWARD : redirect;
  return {
    HTTPSRulePriorityAction: priority("HTTPS"),
    HTTPRuleWithDomainPriorityAction: priority("HTTP"),
    HTTPListenerRuleWithDomain: rule([plain], variant, "HTTP", "HTTPRuleWithDomainPriorityAction"),
    HTTPSListenerRule: rule([FORWARD], variant, "HTTPS", "HTTPSRulePriorityAction"),
  };
}

function accessPoint({ service: { storage } }: Variant): JsonObject {
  const { uid, gid } = Object.values(storage.volumes)[0]!.efs!;
  return {
    Type: "AWS::EFS::AccessPoint",
    Properties: {
      ClientToken: NAME,
      FileSystemId: FILE_SYSTEM,
      PosixUser: { Uid: uid!, Gid: gid! },
      RootDirectory: {
        CreationInfo: { OwnerUid: uid!, OwnerGid: gid!, Permissions: "0755" },
        Path: `/${SERVICE}`,
      },
    },
  };
}
