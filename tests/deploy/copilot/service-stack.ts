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
import { isObject, type Json, type JsonObject } from "../templates/parse-yaml.ts";
import {
  containerCheck,
  dependencies,
  exported,
  logConfiguration,
  networkLoadBalancer,
  secretsOf,
  sideContainers,
  targetOf,
  topics,
} from "./containers.ts";
import { hasManagedVolume, namesIn, serviceParameters, type Stack, type Variant } from "./variant.ts";
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
      ...rules(variant),
      ...networkLoadBalancer(variant.service),
      ...topics(variant.service),
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
  const { storage, platform, variables, imports, secrets, image } = manifest;
  const mounts = Object.entries(storage.volumes);
  const mountPoints = Object.fromEntries(mounts.map(([name, { path }]) => [name, path]));
  const set: Record<string, Json> = {
    COPILOT_APPLICATION_NAME: sub("${AppName}"),
    COPILOT_SERVICE_DISCOVERY_ENDPOINT: `${environment.name}.holdfast.local`,
    COPILOT_ENVIRONMENT_NAME: sub("${EnvName}"),
    COPILOT_SERVICE_NAME: sub("${WorkloadName}"),
    COPILOT_LB_DNS: att("EnvControllerAction", "PublicLoadBalancerDNSName"),
    ...variables,
    ...Object.fromEntries(
      Object.entries(imports).map(([name, from]) => [name, exported({ from_cfn: from })]),
    ),
    COPILOT_MOUNT_POINTS: JSON.stringify(mountPoints),
  };
  const container: JsonObject = {
    Name: ref("WorkloadName"),
    Image: ref("ContainerImage"),
    Secrets: secretsOf(secrets ?? {}),
    Environment: Object.entries(set).map(([name, value]) => ({ Name: name, Value: value })),
    EnvironmentFiles: [iff("HasEnvFile", { Type: "s3", Value: ref("EnvFileARN") }, NO_VALUE)],
    LogConfiguration: logConfiguration(manifest),
    ...(image.depends_on && { DependsOn: dependencies(image.depends_on) }),
    ...(image.healthcheck && { HealthCheck: containerCheck(image.healthcheck) }),
    ...(storage.readonly_fs !== undefined && { ReadonlyRootFilesystem: storage.readonly_fs }),
    MountPoints: mounts.map(([name, { path, read_only: readOnly }]) => ({
      ContainerPath: path,
      ReadOnly: readOnly ?? true,
      SourceVolume: name,
    })),
    PortMappings: [{ ContainerPort: image.port, Protocol: "tcp", Name: "target" }],
  };
  const properties = {
    Family: NAME,
    RuntimePlatform: {
      OperatingSystemFamily: "LINUX",
      CpuArchitecture: platform === "linux/arm64" ? "ARM64" : "X86_64",
    },
    NetworkMode: "awsvpc",
    RequiresCompatibilities: ["FARGATE"],
    Cpu: ref("TaskCPU"),
    Memory: ref("TaskMemory"),
    ...(storage.ephemeral !== undefined &&
      storage.ephemeral > 20 && { EphemeralStorage: { SizeInGiB: storage.ephemeral } }),
    ExecutionRoleArn: att("ExecutionRole", "Arn"),
    TaskRoleArn: att("TaskRole", "Arn"),
    ContainerDefinitions: [container, ...sideContainers(manifest)],
    Volumes: mounts.map(([name, { efs }]) => (efs ? volume(name, efs) : { Name: name })),
  };
  return {
    Type: "AWS::ECS::TaskDefinition",
    DependsOn: "LogGroup",
    Properties: overridden(properties, manifest.taskdef_overrides ?? []),
  };
}

/** `taskdef_overrides`: a path such as `ContainerDefinitions[0].Ulimits[-].SoftLimit`, where `-` is one more. */
function overridden(
  properties: JsonObject,
  overrides: readonly { path: string; value?: unknown }[],
): JsonObject {
  return overrides.reduce<Json>((changed, { path, value }) => {
    const keys = path.split(".").flatMap((part) => {
      const [, name = part, index] = /^([^[]*)\[(\d+|-)\]$/.exec(part) ?? [];
      return index === undefined ? [name] : [name, index === "-" ? Infinity : Number(index)];
    });
    return withValue(changed, keys, value as Json);
  }, properties) as JsonObject;
}

/** The value with another at a path, whose missing parts are made. A number is an index, at most one more than there are. */
function withValue(inside: Json | undefined, [key, ...rest]: (string | number)[], value: Json): Json {
  if (key === undefined) return value;
  if (typeof key === "string") {
    const object = isObject(inside) ? inside : {};
    return { ...object, [key]: withValue(object[key], rest, value) };
  }
  const list = Array.isArray(inside) ? inside : [];
  const index = Math.min(key, list.length);
  return [...list.slice(0, index), withValue(list[index], rest, value), ...list.slice(index + 1)];
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
      FilesystemId: id === undefined ? FILE_SYSTEM : typeof id === "object" ? exported(id) : id,
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
      const id = typeof efs.id === "object" ? "*" : efs.id;
      return [
        policy(
          `GrantEFSAccess${id}`,
          allow(
            readOnly === false ? access : access.slice(0, 1),
            [sub(`${fileSystem}:file-system/${id}`)],
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
  const ofLoadBalancer = (metric: string, statistic: string): JsonObject => ({
    CustomizedMetricSpecification: {
      Dimensions: [
        { Name: "LoadBalancer", Value: att("EnvControllerAction", "PublicLoadBalancerFullName") },
        { Name: "TargetGroup", Value: att("TargetGroup", "TargetGroupFullName") },
      ],
      MetricName: metric,
      Namespace: "AWS/ApplicationELB",
      Statistic: statistic,
    },
  });
  const predefined = (metric: string): JsonObject => ({
    PredefinedMetricSpecification: { PredefinedMetricType: metric },
  });
  for (const [metric, given, specification] of [
    ["ECSServiceAverageCPUUtilization", count.cpu_percentage, predefined("ECSServiceAverageCPUUtilization")],
    [
      "ECSServiceAverageMemoryUtilization",
      count.memory_percentage,
      predefined("ECSServiceAverageMemoryUtilization"),
    ],
    ["ALBSumRequestCountPerTarget", count.requests, ofLoadBalancer("RequestCountPerTarget", "Sum")],
    ["ALBAverageResponseTime", count.response_time, ofLoadBalancer("TargetResponseTime", "Average")],
  ] as const) {
    if (given === undefined) continue;
    resources[`AutoScalingPolicy${metric}`] = {
      Type: "AWS::ApplicationAutoScaling::ScalingPolicy",
      Properties: {
        PolicyName: join("-", ref("WorkloadName"), metric, "ScalingPolicy"),
        PolicyType: "TargetTrackingScaling",
        ScalingTargetId: ref("AutoScalingTarget"),
        TargetTrackingScalingPolicyConfiguration: {
          ...specification,
          ScaleInCooldown: given.cooldown?.in ?? count.cooldown?.in ?? 120,
          ScaleOutCooldown: given.cooldown?.out ?? count.cooldown?.out ?? 60,
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
      ...(alias !== undefined && { Aliases: namesIn(alias) }),
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
  const target = targetOf(manifest);
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
      ...(manifest.spotFrom === undefined
        ? { LaunchType: "FARGATE" }
        : { CapacityProviderStrategy: capacity(manifest.spotFrom) }),
      ServiceConnectConfiguration: iff("IsGovCloud", NO_VALUE, serviceConnect(variant)),
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          AssignPublicIp: manifest.network.vpc.placement === "public" ? "ENABLED" : "DISABLED",
          Subnets: subnetsOf(manifest.network.vpc.placement),
          SecurityGroups: securityGroups(manifest.network.vpc.security_groups),
        },
      },
      HealthCheckGracePeriodSeconds: grace,
      LoadBalancers: [
        { ContainerName: target.name, ContainerPort: target.port, TargetGroupArn: ref("TargetGroup") },
        ...manifest.http.additional_rules.map(({ target_port: port }, index) => ({
          ContainerName: target.name,
          ContainerPort: port ?? target.port,
          TargetGroupArn: ref(`TargetGroup${index + 1}`),
        })),
        ...(manifest.nlb
          ? [
              {
                ContainerName: manifest.nlb.target_container ?? SERVICE,
                ContainerPort: manifest.nlb.target_port ?? Number.parseInt(manifest.nlb.port, 10),
                TargetGroupArn: ref("NLBTargetGroup"),
              },
            ]
          : []),
      ],
      ServiceRegistries: [{ RegistryArn: att("DiscoveryService", "Arn"), Port: ref("TargetPort") }],
    },
  };
}

/** Tasks from this number on go to spare capacity, which may be taken back with two minutes' notice. */
function capacity(spotFrom: number): Json[] {
  const onDemand = { CapacityProvider: "FARGATE", Weight: 0, Base: spotFrom - 1 };
  return [{ CapacityProvider: "FARGATE_SPOT", Weight: 1 }, ...(spotFrom > 1 ? [onDemand] : [])];
}

function serviceConnect({ service: { network }, environment }: Variant): JsonObject {
  const { connect } = network;
  if (connect === undefined || connect === false) return { Enabled: false };
  return { Enabled: true, Namespace: `${environment.name}.holdfast.local` };
}

function subnetsOf(placement: Variant["service"]["network"]["vpc"]["placement"]): Json {
  if (typeof placement === "string")
    return { "Fn::Split": [",", imported(placement === "public" ? "PublicSubnets" : "PrivateSubnets")] };
  return Array.isArray(placement.subnets) ? placement.subnets : ["subnet-of-these-tags"];
}

function securityGroups(given: Variant["service"]["network"]["vpc"]["security_groups"]): Json[] {
  const listed = (Array.isArray(given) ? given : given?.groups) ?? [];
  const isAlone = !Array.isArray(given) && given?.deny_default === true;
  return [
    ...(isAlone ? [] : [imported("EnvironmentSecurityGroup")]),
    ...listed.map((group) => (typeof group === "string" ? group : exported(group))),
  ];
}

type Check = Variant["service"]["http"]["healthcheck"];

function groupProperties(check: Check, delay: number, isSticky: boolean, port: number): JsonObject {
  return {
    HealthCheckPath: check.path,
    ...(check.port !== undefined && { HealthCheckPort: check.port }),
    ...(check.success_codes !== undefined && { Matcher: { HttpCode: check.success_codes } }),
    ...(check.healthy_threshold !== undefined && { HealthyThresholdCount: check.healthy_threshold }),
    ...(check.unhealthy_threshold !== undefined && { UnhealthyThresholdCount: check.unhealthy_threshold }),
    ...(check.interval !== undefined && { HealthCheckIntervalSeconds: check.interval }),
    ...(check.timeout !== undefined && { HealthCheckTimeoutSeconds: check.timeout }),
    Port: port,
    Protocol: port === 443 ? "HTTPS" : "HTTP",
    TargetGroupAttributes: [
      { Key: "deregistration_delay.timeout_seconds", Value: delay },
      { Key: "stickiness.enabled", Value: isSticky },
    ],
    TargetType: "ip",
    VpcId: imported("VpcId"),
  };
}

function targetGroup({ service: manifest }: Variant): Record<string, JsonObject> {
  const { http } = manifest;
  const { port } = targetOf(manifest);
  const groups = [http, ...http.additional_rules].map((each, index): [string, JsonObject] => [
    `TargetGroup${index === 0 ? "" : index}`,
    {
      Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
      Properties: groupProperties(
        each.healthcheck ?? { path: "/" },
        each.deregistration_delay ?? 60,
        each.stickiness,
        each.target_port ?? port,
      ),
    },
  ]);
  return {
    ...Object.fromEntries(groups),
    RulePriorityFunction: lambda("RulePriorityFunctionRole", "index.nextAvailableRulePriorityHandler"),
    RulePriorityFunctionRole: role("lambda.amazonaws.com", {
      Path: "/",
      ManagedPolicyArns: [MANAGED],
      Policies: [policy("RulePriorityGeneratorAccess", allow(["elasticloadbalancing:DescribeRules"], "*"))],
    }),
  };
}

type Rule = Variant["service"]["http"] | Variant["service"]["http"]["additional_rules"][number];

const forwardTo = (group: string): Json => ({ TargetGroupArn: ref(group), Type: "forward" });
const listenerOf = (protocol: "HTTP" | "HTTPS") => att("EnvControllerAction", `${protocol}ListenerArn`);

function conditionsOf({ allowed_source_ips: sources, alias, path }: Rule): Json[] {
  const values = path === "/" ? ["/*"] : [path, `${path}/*`];
  return [
    ...(sources === undefined ? [] : [{ Field: "source-ip", SourceIpConfig: { Values: sources } }]),
    ...(alias === undefined ? [] : [{ Field: "host-header", HostHeaderConfig: { Values: namesIn(alias) } }]),
    { Field: "path-pattern", PathPatternConfig: { Values: values } },
  ];
}

function priority(protocol: "HTTP" | "HTTPS"): JsonObject {
  return customResource("RulePriorityFunction", { RulePath: ["/"], ListenerArn: listenerOf(protocol) });
}

function listenerRule(actions: Json[], rule: Rule, protocol: "HTTP" | "HTTPS", order: Json): JsonObject {
  return {
    Type: "AWS::ElasticLoadBalancingV2::ListenerRule",
    Properties: {
      Actions: actions,
      Conditions: conditionsOf(rule),
      ListenerArn: listenerOf(protocol),
      Priority: order,
    },
  };
}

const REDIRECT: Json = {
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

/** The listeners' rules: for HTTP alone, or with a domain for both, each with its number from the second on. */
function rules({ service: { http } }: Variant): Record<string, JsonObject> {
  const isHttps = http.alias !== undefined;
  const made: Record<string, JsonObject> = {};
  const order = (action: string, index: number) => att(action, index === 0 ? "Priority" : `Priority${index}`);
  for (const [index, each] of [http, ...http.additional_rules].entries()) {
    const suffix = index === 0 ? "" : String(index);
    // Of its own for each rule, since patches change them in place.
    const forward = (): Json[] => [forwardTo(`TargetGroup${suffix}`)];
    if (isHttps) {
      const plain = each.redirect_to_https === false ? forward() : [structuredClone(REDIRECT)];
      const action = "HTTPRuleWithDomainPriorityAction";
      made[`HTTPListenerRuleWithDomain${suffix}`] = listenerRule(plain, each, "HTTP", order(action, index));
      made[`HTTPSListenerRule${suffix}`] = listenerRule(
        forward(),
        each,
        "HTTPS",
        order("HTTPSRulePriorityAction", index),
      );
    } else {
      made[`HTTPListenerRule${suffix}`] = listenerRule(
        forward(),
        each,
        "HTTP",
        order("HTTPRulePriorityAction", index),
      );
    }
  }
  if (!isHttps) return { HTTPRulePriorityAction: priority("HTTP"), ...made };
  return {
    HTTPSRulePriorityAction: priority("HTTPS"),
    HTTPRuleWithDomainPriorityAction: priority("HTTP"),
    ...made,
  };
}

function accessPoint({ service: { storage } }: Variant): JsonObject {
  const managed = Object.values(storage.volumes).find(({ efs }) => efs !== undefined && efs.id === undefined);
  const { uid, gid } = managed!.efs!;
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
