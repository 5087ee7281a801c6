import { accessLogs, distribution, domain, loadBalancer, makesLogBucket } from "./environment-edge.ts";
import { natGateways, securityGroups, subnets, vpc, vpcId } from "./environment-network.ts";
import { att, join, ref, role, sub } from "./intrinsics.ts";
import { isForCdnOnly } from "../manifests/environment-manifest.ts";
import type { Json, JsonObject } from "../templates/parse-yaml.ts";
import { environmentParameters, hasCdn, type Stack, type Variant } from "./variant.ts";

/**
 * The stack that Copilot 1.34.1 renders for an environment: every resource, property, condition and output that a patch
 * or the service's stack can meet. Read from its public templates (internal/pkg/template/templates/environment), put
 * down in our own words. Left out are Copilot's own roles, App Runner, and load balancers inside the VPC.
 */
export function environmentStack(variant: Variant): Stack {
  return {
    Parameters: Object.fromEntries(
      Object.keys(environmentParameters(variant)).map((name) => [name, { Type: "String" }]),
    ),
    Conditions: CONDITIONS,
    Resources: {
      ...ownRoles(),
      ...(makesLogBucket(variant) && accessLogs()),
      ...(hasCdn(variant) && distribution(variant)),
      ...(!variant.environment.network?.vpc.id && { ...vpc(variant), ...natGateways(variant) }),
      ...cluster(variant),
      ...securityGroups(variant),
      ...loadBalancer(variant),
      ...fileSystem(variant),
      ...(!variant.environment.http?.public?.certificates && domain(variant)),
      LogResourcePolicy: {
        Type: "AWS::Logs::ResourcePolicy",
        Properties: {
          PolicyName: sub("${AppName}-${EnvironmentName}-LogResourcePolicy"),
          PolicyDocument: "lets delivery.logs.amazonaws.com write",
        },
      },
    },
    Outputs: outputs(variant),
  };
}

/** The outputs of the environment's stack that a variant has, by name, each with the name of its export or null. */
export function environmentOutputs(
  variant: Variant,
  isTrue: (condition: string) => boolean,
): Map<string, string | null> {
  const made = Object.entries(outputs(variant)).filter(
    ([, { Condition }]) => Condition === undefined || isTrue(Condition as string),
  );
  return new Map(
    made.map(([name, { Export }]) => {
      const text = Export === undefined ? null : ((Export as JsonObject).Name as JsonObject)["Fn::Sub"];
      return [name, text == null ? null : String(text).replace("${AWS::StackName}-", "")];
    }),
  );
}

const isSet = (parameter: string): JsonObject => ({ "Fn::Not": [{ "Fn::Equals": [ref(parameter), ""] }] });

const both = (...conditions: Json[]): JsonObject => ({ "Fn::And": conditions });

const named = (condition: string): JsonObject => ({ Condition: condition });

const CONDITIONS: JsonObject = {
  CreateALB: isSet("ALBWorkloads"),
  CreateInternalALB: isSet("InternalALBWorkloads"),
  DelegateDNS: isSet("AppDNSName"),
  ExportHTTPSListener: both(named("CreateALB"), { "Fn::Equals": [ref("CreateHTTPSListener"), "true"] }),
  ExportInternalHTTPSListener: both(named("CreateInternalALB"), {
    "Fn::Equals": [ref("CreateInternalHTTPSListener"), "true"],
  }),
  CreateEFS: isSet("EFSWorkloads"),
  CreateNATGateways: isSet("NATWorkloads"),
  CreateAppRunnerVPCEndpoint: isSet("AppRunnerPrivateWorkloads"),
  ManagedAliases: both(named("DelegateDNS"), isSet("Aliases"), named("CreateALB")),
};

function ownRoles(): Record<string, JsonObject> {
  return {
    CloudformationExecutionRole: {
      ...role("cloudformation.amazonaws.com"),
      DeletionPolicy: "Retain",
    },
    EnvironmentManagerRole: {
      ...role("cloudformation.amazonaws.com"),
      DeletionPolicy: "Retain",
    },
  };
}

function cluster(variant: Variant): Record<string, JsonObject> {
  const insights = variant.environment.observability?.container_insights;
  return {
    ServiceDiscoveryNamespace: {
      Type: "AWS::ServiceDiscovery::PrivateDnsNamespace",
      Properties: { Name: ref("ServiceDiscoveryEndpoint"), Vpc: vpcId(variant) },
    },
    Cluster: {
      Type: "AWS::ECS::Cluster",
      Properties: {
        CapacityProviders: ["FARGATE", "FARGATE_SPOT"],
        Configuration: { ExecuteCommandConfiguration: { Logging: "DEFAULT" } },
        ...(insights !== undefined && {
          ClusterSettings: [{ Name: "containerInsights", Value: insights ? "enabled" : "disabled" }],
        }),
      },
    },
  };
}

function fileSystem(variant: Variant): Record<string, JsonObject> {
  const made = { Condition: "CreateEFS" };
  const tagged = {
    "iam:ResourceTag/copilot-application": sub("${AppName}"),
    "iam:ResourceTag/copilot-environment": sub("${EnvironmentName}"),
  };
  const resources: Record<string, JsonObject> = {
    FileSystem: {
      Type: "AWS::EFS::FileSystem",
      ...made,
      Properties: {
        BackupPolicy: { Status: "ENABLED" },
        Encrypted: true,
        FileSystemPolicy: {
          Version: "2012-10-17",
          Id: "CopilotEFSPolicy",
          Statement: [
            {
              Sid: "AllowIAMFromTaggedRoles",
              Effect: "Allow",
              Principal: { AWS: "*" },
              Action: ["elasticfilesystem:ClientWrite", "elasticfilesystem:ClientMount"],
              Condition: {
                Bool: { "elasticfilesystem:AccessedViaMountTarget": true },
                StringEquals: tagged,
              },
            },
            {
              Sid: "DenyUnencryptedAccess",
              Effect: "Deny",
              Principal: "*",
              Action: "elasticfilesystem:*",
              Condition: { Bool: { "aws:SecureTransport": false } },
            },
          ],
        },
        LifecyclePolicies: [{ TransitionToIA: "AFTER_30_DAYS" }],
        PerformanceMode: "generalPurpose",
        ThroughputMode: "bursting",
      },
    },
  };
  for (const [index, subnet] of subnets(variant, "Private").entries()) {
    resources[`MountTarget${index + 1}`] = {
      Type: "AWS::EFS::MountTarget",
      ...made,
      Properties: {
        FileSystemId: ref("FileSystem"),
        SubnetId: subnet,
        SecurityGroups: [ref("EFSSecurityGroup")],
      },
    };
  }
  return resources;
}

function outputs(variant: Variant): Record<string, JsonObject> {
  const output = (value: Json, exported: string | null, condition?: string): JsonObject => ({
    ...(condition !== undefined && { Condition: condition }),
    Value: value,
    ...(exported !== null && { Export: { Name: sub(`\${AWS::StackName}-${exported}`) } }),
  });
  const isOwn = variant.environment.network?.vpc.id === undefined;
  const list = (kind: "Public" | "Private") => join(",", ...subnets(variant, kind));
  const balancer = (attribute: string) => att("PublicLoadBalancer", attribute);
  return {
    VpcId: output(vpcId(variant), "VpcId"),
    PublicSubnets: output(list("Public"), "PublicSubnets"),
    PrivateSubnets: output(list("Private"), "PrivateSubnets"),
    ...(isOwn && {
      InternetGatewayID: output(ref("InternetGateway"), "InternetGatewayID"),
      PublicRouteTableID: output(ref("PublicRouteTable"), "PublicRouteTableID"),
      PrivateRouteTableIDs: output(
        join(",", ...subnets(variant, "Private").map((_, index) => ref(`PrivateRouteTable${index + 1}`))),
        "PrivateRouteTableIDs",
        "CreateNATGateways",
      ),
    }),
    ServiceDiscoveryNamespaceID: output(
      att("ServiceDiscoveryNamespace", "Id"),
      "ServiceDiscoveryNamespaceID",
    ),
    EnvironmentSecurityGroup: output(ref("EnvironmentSecurityGroup"), "EnvironmentSecurityGroup"),
    PublicLoadBalancerDNSName: output(balancer("DNSName"), "PublicLoadBalancerDNS", "CreateALB"),
    PublicLoadBalancerFullName: output(
      balancer("LoadBalancerFullName"),
      "PublicLoadBalancerFullName",
      "CreateALB",
    ),
    PublicLoadBalancerHostedZone: output(
      balancer("CanonicalHostedZoneID"),
      "CanonicalHostedZoneID",
      "CreateALB",
    ),
    HTTPListenerArn: output(ref("HTTPListener"), "HTTPListenerArn", "CreateALB"),
    HTTPSListenerArn: output(ref("HTTPSListener"), "HTTPSListenerArn", "ExportHTTPSListener"),
    DefaultHTTPTargetGroupArn: output(ref("DefaultHTTPTargetGroup"), "DefaultHTTPTargetGroup", "CreateALB"),
    ClusterId: output(ref("Cluster"), "ClusterId"),
    EnvironmentManagerRoleARN: output(att("EnvironmentManagerRole", "Arn"), "EnvironmentManagerRoleARN"),
    CFNExecutionRoleARN: output(att("CloudformationExecutionRole", "Arn"), "CFNExecutionRoleARN"),
    ...(!variant.environment.http?.public?.certificates && {
      EnvironmentHostedZone: output(ref("EnvironmentHostedZone"), "HostedZone", "DelegateDNS"),
      EnvironmentSubdomain: output(
        sub("${EnvironmentName}.${AppName}.${AppDNSName}"),
        "SubDomain",
        "DelegateDNS",
      ),
    }),
    EnabledFeatures: output(sub("${ALBWorkloads},${EFSWorkloads},${NATWorkloads},${Aliases}"), null),
    ManagedFileSystemID: output(ref("FileSystem"), "FilesystemID", "CreateEFS"),
    ...(hasCdn(variant) && {
      CloudFrontDomainName: output(
        att("CloudFrontDistribution", "DomainName"),
        "CloudFrontDomainName",
        "CreateALB",
      ),
    }),
    PublicALBAccessible: output(!isForCdnOnly(variant.environment), null, "CreateALB"),
    LastForceDeployID: output("", null),
  };
}
