import { imported, join, ref, sub } from "./intrinsics.ts";
import type { Secret, Sidecar } from "../manifests/manifest-parts.ts";
import type { Json, JsonObject } from "../templates/parse-yaml.ts";
import { SERVICE } from "../problem.ts";
import type { ServiceManifest } from "../manifests/service-manifest.ts";

/** Where the containers of a task write when nothing else is said. */
const awslogs = (): JsonObject => ({
  LogDriver: "awslogs",
  Options: {
    "awslogs-region": ref("AWS::Region"),
    "awslogs-group": ref("LogGroup"),
    "awslogs-stream-prefix": "copilot",
  },
});

/** The containers beside the app's: the log router, the collector of traces, and the sidecars of the manifest. */
export function sideContainers({ logging, observability, sidecars }: ServiceManifest): JsonObject[] {
  return [
    ...(routesLogs({ logging })
      ? [
          {
            Name: "firelens_log_router",
            Image: logging.image ?? "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable",
            Environment: variablesOf(logging.variables),
            ...(logging.secrets && { Secrets: secretsOf(logging.secrets) }),
            FirelensConfiguration: {
              Type: "fluentbit",
              Options: {
                "enable-ecs-log-metadata": String(logging.enableMetadata ?? true),
                ...(logging.configFilePath !== undefined && {
                  "config-file-type": "file",
                  "config-file-value": logging.configFilePath,
                }),
              },
            },
            LogConfiguration: awslogs(),
          },
        ]
      : []),
    ...(observability?.tracing === "awsxray"
      ? [
          {
            Name: "aws-otel-collector",
            Image: "public.ecr.aws/aws-observability/aws-otel-collector",
            Command: ["--config=/etc/ecs/ecs-xray.yaml"],
            LogConfiguration: awslogs(),
          },
        ]
      : []),
    ...Object.entries(sidecars)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, sidecar]) => sideContainer(name, sidecar)),
  ];
}

function sideContainer(name: string, sidecar: Sidecar): JsonObject {
  const [port, protocol] = sidecar.port?.split("/") ?? [];
  const { image, mount_points: mounts, healthcheck, depends_on: waitsFor } = sidecar;
  return {
    Name: name,
    Image: typeof image === "string" ? image : (image.location ?? `${name}-image`),
    ...(sidecar.essential !== undefined && { Essential: sidecar.essential }),
    ...(port !== undefined && {
      PortMappings: [
        { ContainerPort: Number(port), ...(protocol !== undefined && { Protocol: protocol.toLowerCase() }) },
      ],
    }),
    Environment: variablesOf(sidecar.variables),
    ...(sidecar.secrets && { Secrets: secretsOf(sidecar.secrets) }),
    LogConfiguration: awslogs(),
    ...(waitsFor && { DependsOn: dependencies(waitsFor) }),
    ...(healthcheck && { HealthCheck: containerCheck(healthcheck) }),
    ...(mounts && {
      MountPoints: mounts.map((mount) => ({
        ContainerPath: mount.path,
        ReadOnly: mount.read_only ?? true,
        SourceVolume: mount.source_volume,
      })),
    }),
  };
}

function routesLogs({ logging: { retention: _, ...rest } }: Pick<ServiceManifest, "logging">) {
  return Object.values(rest).some((value) => value !== undefined);
}

export function logConfiguration({ logging }: ServiceManifest): JsonObject {
  if (!routesLogs({ logging })) return awslogs();
  return {
    LogDriver: "awsfirelens",
    ...(logging.destination && { Options: logging.destination }),
    ...(logging.secretOptions && { SecretOptions: secretsOf(logging.secretOptions) }),
  };
}

/** Container, default after 10 s, as ECS has them. */
export function containerCheck(check: NonNullable<ServiceManifest["image"]["healthcheck"]>): JsonObject {
  return {
    Command: check.command ?? ["CMD-SHELL", "curl -f http://localhost/ || exit 1"],
    Interval: check.interval ?? 10,
    Retries: check.retries ?? 2,
    StartPeriod: check.start_period ?? 0,
    Timeout: check.timeout ?? 5,
  };
}

export function dependencies(waitsFor: Record<string, string>): Json[] {
  return Object.entries(waitsFor).map(([name, state]) => ({
    Condition: state.toUpperCase(),
    ContainerName: name,
  }));
}

function variablesOf(variables: Record<string, string | { from_cfn: string }> = {}): Json[] {
  return Object.entries(variables).map(([name, value]) => ({
    Name: name,
    Value: typeof value === "string" ? value : exported(value),
  }));
}

export function secretsOf(secrets: Record<string, Secret>): Json[] {
  return Object.entries(secrets).map(([name, secret]) => ({ Name: name, ValueFrom: secretSource(secret) }));
}

function secretSource(secret: Secret): Json {
  if (typeof secret === "string") return secret;
  if ("from_cfn" in secret) return exported(secret);
  // Copilot puts the names of the application and the environment in their place before it renders.
  const name = secret.secretsmanager.replaceAll(/\$\{COPILOT_\w+\}/g, "name");
  return sub(`arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${name}`);
}

/** What another stack exports under a name of the manifest's. */
export function exported({ from_cfn: name }: { from_cfn: string }): JsonObject {
  return { "Fn::ImportValue": name };
}

/** The network load balancer beside the other, with Copilot's functions for its names and certificate. */
export function networkLoadBalancer({ nlb }: ServiceManifest): Record<string, JsonObject> {
  if (nlb === undefined) return {};
  const made: Record<string, JsonObject> = {
    PublicNetworkLoadBalancer: {
      Type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
      Properties: {
        Scheme: "internet-facing",
        Subnets: { "Fn::Split": [",", imported("PublicSubnets")] },
        Type: "network",
      },
    },
  };
  const listeners = [nlb, ...(nlb.additional_listeners ?? [])];
  for (const [index, { port, target_port: target }] of listeners.entries()) {
    const [number, protocol = "tcp"] = port.split("/");
    const suffix = index === 0 ? "" : String(index);
    made[`NLBListener${suffix}`] = {
      Type: "AWS::ElasticLoadBalancingV2::Listener",
      Properties: {
        DefaultActions: [{ TargetGroupArn: ref(`NLBTargetGroup${suffix}`), Type: "forward" }],
        LoadBalancerArn: ref("PublicNetworkLoadBalancer"),
        Port: Number(number),
        Protocol: protocol.toUpperCase(),
      },
    };
    made[`NLBTargetGroup${suffix}`] = {
      Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
      Properties: {
        Port: target ?? Number(number),
        Protocol: protocol.toLowerCase() === "udp" ? "UDP" : "TCP",
        TargetType: "ip",
        VpcId: imported("VpcId"),
      },
    };
  }
  const isTls = listeners.some(({ port }) => /tls$/i.test(port));
  for (const [name, isMade] of [
    ["NLBCustomDomainFunction", nlb.alias !== undefined],
    ["NLBCertValidatorFunction", isTls],
  ] as const) {
    if (!isMade) continue;
    made[name] = {
      Type: "AWS::Lambda::Function",
      Properties: { Code: { S3Bucket: "bucket", S3Key: "key" }, Role: "role", Runtime: "nodejs20.x" },
    };
  }
  return made;
}

export function topics({ publish }: ServiceManifest): Record<string, JsonObject> {
  const given = (publish?.topics ?? []).map(({ name }): [string, JsonObject] => [
    `${name.replaceAll(/[^A-Za-z0-9]/g, "")}SNSTopic`,
    { Type: "AWS::SNS::Topic", Properties: { TopicName: join("-", sub("${AWS::StackName}"), name) } },
  ]);
  return Object.fromEntries(given);
}

/** The container that the load balancer sends requests to, and its port. */
export function targetOf({ http, image, sidecars }: ServiceManifest) {
  const name = http.target_container ?? http.targetContainer ?? SERVICE;
  const port =
    http.target_port ?? (name === SERVICE ? image.port : Number.parseInt(sidecars[name]?.port ?? "", 10));
  return { name, port: Number.isNaN(port) ? image.port : port };
}
