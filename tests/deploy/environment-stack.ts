import type { EnvironmentManifest } from "./environment-manifest.ts";
import type { JsonObject } from "./parse-yaml.ts";
import { lambda, role, type Stack } from "./service-stack.ts";

/**
 * The skeleton of the stack that Copilot 1.34.1 renders for an environment with this manifest, as `serviceStack`.
 * `hasDomain`: the application was made with --domain, so that functions for it are made and not only rendered.
 */
export function environmentStack(manifest: EnvironmentManifest, hasDomain: boolean): Stack {
  const importsCertificates = (manifest.http?.public?.certificates ?? []).length > 0;
  const resources: Record<string, JsonObject> = {
    Cluster: {
      Type: "AWS::ECS::Cluster",
      Properties: { CapacityProviders: ["FARGATE", "FARGATE_SPOT"] },
    },
    EnvironmentSecurityGroup: securityGroup(),
    PublicHTTPLoadBalancerSecurityGroup: securityGroup("CreateALB"),
    PublicLoadBalancer: {
      Type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
      Condition: "CreateALB",
      Properties: {
        LoadBalancerAttributes: [{ Key: "access_logs.s3.enabled", Value: "false" }],
        Scheme: "internet-facing",
        Type: "application",
      },
    },
    HTTPListener: {
      Type: "AWS::ElasticLoadBalancingV2::Listener",
      Condition: "CreateALB",
      Properties: {
        DefaultActions: [{ Type: "forward" }],
        LoadBalancerArn: { Ref: "PublicLoadBalancer" },
        Port: 80,
        Protocol: "HTTP",
      },
    },
    FileSystem: {
      Type: "AWS::EFS::FileSystem",
      Condition: "CreateEFS",
      Properties: {
        BackupPolicy: { Status: "ENABLED" },
        Encrypted: true,
        FileSystemPolicy: { Version: "2012-10-17", Statement: [] },
        LifecyclePolicies: [{ TransitionToIA: "AFTER_30_DAYS" }],
        PerformanceMode: "generalPurpose",
        ThroughputMode: "bursting",
      },
    },
    EFSSecurityGroup: securityGroup("CreateEFS"),
    MountTarget1: mountTarget(),
    MountTarget2: mountTarget(),
  };

  if (!manifest.network?.vpc?.id) {
    resources.VPC = { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } };
    for (const name of ["PublicSubnet1", "PublicSubnet2", "PrivateSubnet1", "PrivateSubnet2"]) {
      resources[name] = { Type: "AWS::EC2::Subnet", Properties: { VpcId: { Ref: "VPC" } } };
    }
    for (const number of [1, 2]) {
      resources[`NatGateway${number}`] = {
        Type: "AWS::EC2::NatGateway",
        Condition: "CreateNATGateways",
        Properties: { SubnetId: { Ref: `PublicSubnet${number}` } },
      };
    }
  }

  if (!importsCertificates) {
    resources.CustomResourceRole = role("lambda.amazonaws.com");
    resources.CertificateValidationFunction = lambda("CustomResourceRole", "DelegateDNS");
    resources.CustomDomainFunction = lambda("CustomResourceRole", "ManagedAliases");
    resources.DNSDelegationFunction = lambda("CustomResourceRole", "DelegateDNS");
  }

  if (manifest.cdn !== undefined && manifest.cdn !== false) {
    const certificate = typeof manifest.cdn === "object" ? manifest.cdn.certificate : undefined;
    resources.CloudFrontDistribution = {
      Type: "AWS::CloudFront::Distribution",
      Condition: "CreateALB",
      Properties: {
        DistributionConfig: {
          DefaultCacheBehavior: { TargetOriginId: "origin", ViewerProtocolPolicy: "redirect-to-https" },
          Enabled: true,
        },
      },
    };
    if (certificate !== undefined || hasDomain) {
      resources.UniqueJSONValuesFunctionRole = role("lambda.amazonaws.com");
      resources.UniqueJSONValuesFunction = lambda("UniqueJSONValuesFunctionRole", "CreateALB");
    }
    if (certificate === undefined && !importsCertificates) {
      resources.CertificateReplicatorFunction = lambda("CustomResourceRole", "DelegateDNS");
    }
  }
  return { Resources: resources };
}

/** Whether a resource under this condition of Copilot's is ever made. */
export function isMade(condition: unknown, hasDomain: boolean): boolean {
  return hasDomain || (condition !== "DelegateDNS" && condition !== "ManagedAliases");
}

function securityGroup(condition?: string): JsonObject {
  return {
    Type: "AWS::EC2::SecurityGroup",
    ...(condition !== undefined && { Condition: condition }),
    Properties: { GroupDescription: "described by Copilot" },
  };
}

function mountTarget(): JsonObject {
  return {
    Type: "AWS::EFS::MountTarget",
    Condition: "CreateEFS",
    Properties: {
      FileSystemId: { Ref: "FileSystem" },
      SecurityGroups: [{ Ref: "EFSSecurityGroup" }],
      SubnetId: "subnet",
    },
  };
}
