import { allow, att, customResource, iff, lambda, NO_VALUE, policy, ref, role, sub } from "./intrinsics.ts";
import { subnets, vpcId } from "./environment-network.ts";
import type { Json, JsonObject } from "../templates/parse-yaml.ts";
import { hasCdn, type Variant } from "./variant.ts";

const LOGGING = sub("arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole");

export function loadBalancer(variant: Variant): Record<string, JsonObject> {
  const { certificates, ssl_policy: sslPolicy } = variant.environment.http?.public ?? {};
  const listener = (port: number, protocol: string, rest: JsonObject = {}): JsonObject => ({
    DefaultActions: [{ TargetGroupArn: ref("DefaultHTTPTargetGroup"), Type: "forward" }],
    LoadBalancerArn: ref("PublicLoadBalancer"),
    Port: port,
    Protocol: protocol,
    ...rest,
  });
  const resources: Record<string, JsonObject> = {
    PublicLoadBalancer: {
      Type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
      Condition: "CreateALB",
      ...(makesLogBucket(variant) && { DependsOn: "ELBAccessLogsBucketPolicy" }),
      Properties: {
        LoadBalancerAttributes: logAttributes(variant),
        Scheme: "internet-facing",
        SecurityGroups: [
          att("PublicHTTPLoadBalancerSecurityGroup", "GroupId"),
          iff("ExportHTTPSListener", att("PublicHTTPSLoadBalancerSecurityGroup", "GroupId"), NO_VALUE),
        ],
        Subnets: subnets(variant, "Public"),
        Type: "application",
      },
    },
    DefaultHTTPTargetGroup: {
      Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
      Condition: "CreateALB",
      Properties: {
        HealthCheckIntervalSeconds: 10,
        HealthyThresholdCount: 2,
        HealthCheckTimeoutSeconds: 5,
        Port: 80,
        Protocol: "HTTP",
        TargetGroupAttributes: [{ Key: "deregistration_delay.timeout_seconds", Value: 60 }],
        TargetType: "ip",
        VpcId: vpcId(variant),
      },
    },
    HTTPListener: {
      Type: "AWS::ElasticLoadBalancingV2::Listener",
      Condition: "CreateALB",
      Properties: listener(80, "HTTP"),
    },
    HTTPSListener: {
      Type: "AWS::ElasticLoadBalancingV2::Listener",
      Condition: "ExportHTTPSListener",
      Properties: listener(443, "HTTPS", {
        Certificates: [{ CertificateArn: certificates?.[0] ?? ref("HTTPSCert") }],
        ...(sslPolicy !== undefined && { SslPolicy: sslPolicy }),
      }),
    },
  };
  for (const [index, arn] of (certificates ?? []).entries()) {
    if (index === 0) continue;
    resources[`HTTPSImportCertificate${index + 1}`] = {
      Type: "AWS::ElasticLoadBalancingV2::ListenerCertificate",
      Condition: "ExportHTTPSListener",
      Properties: { ListenerArn: ref("HTTPSListener"), Certificates: [{ CertificateArn: arn }] },
    };
  }
  return resources;
}

export function makesLogBucket({ environment }: Variant): boolean {
  const logs = environment.http?.public?.access_logs;
  return logs === true || (typeof logs === "object" && logs.bucket_name === undefined);
}

function logAttributes({ environment }: Variant): Json[] {
  const logs = environment.http?.public?.access_logs;
  if (logs === undefined || logs === false) return [{ Key: "access_logs.s3.enabled", Value: false }];
  const { prefix, bucket_name: bucket } = logs === true ? {} : logs;
  return [
    { Key: "access_logs.s3.enabled", Value: true },
    ...(prefix === undefined ? [] : [{ Key: "access_logs.s3.prefix", Value: prefix }]),
    { Key: "access_logs.s3.bucket", Value: bucket ?? ref("ELBAccessLogsBucket") },
  ];
}

export function accessLogs(): Record<string, JsonObject> {
  return {
    ELBAccessLogsBucketPolicy: {
      Type: "AWS::S3::BucketPolicy",
      Condition: "CreateALB",
      DependsOn: "ELBAccessLogsBucket",
      Properties: {
        Bucket: ref("ELBAccessLogsBucket"),
        PolicyDocument: { Version: "2012-10-17", Statement: [] },
      },
    },
    ELBAccessLogsBucket: {
      Type: "AWS::S3::Bucket",
      Properties: { VersioningConfiguration: { Status: "Enabled" } },
    },
    ELBAccessLogsBucketCleanerAction: customResource("BucketCleanerFunction", {
      BucketName: ref("ELBAccessLogsBucket"),
    }),
    BucketCleanerFunction: lambda("ELBAccessLogsBucketCleanerRole"),
    ELBAccessLogsBucketCleanerRole: role("lambda.amazonaws.com", { ManagedPolicyArns: [LOGGING] }),
  };
}

/** What a domain of the application needs. Without one it is in the template all the same, under false conditions. */
export function domain(variant: Variant): Record<string, JsonObject> {
  const delegated = { Condition: "DelegateDNS" };
  const zone = sub("${EnvironmentName}.${AppName}.${AppDNSName}");
  const reached = hasCdn(variant)
    ? { name: att("CloudFrontDistribution", "DomainName"), zone: "Z2FDTNDATAQYW2" }
    : {
        name: att("PublicLoadBalancer", "DNSName"),
        zone: att("PublicLoadBalancer", "CanonicalHostedZoneID"),
      };
  return {
    CustomResourceRole: role(
      "lambda.amazonaws.com",
      { Path: "/", Policies: [policy("DNSandACMAccess", allow(["acm:*"], "*"))] },
      "DelegateDNS",
    ),
    EnvironmentHostedZone: {
      Type: "AWS::Route53::HostedZone",
      ...delegated,
      Properties: { Name: zone },
    },
    CertificateValidationFunction: lambda(
      "CustomResourceRole",
      "index.certificateRequestHandler",
      "DelegateDNS",
    ),
    CustomDomainFunction: lambda("CustomResourceRole", "index.handler", "ManagedAliases"),
    DNSDelegationFunction: lambda("CustomResourceRole", "index.domainDelegationHandler", "DelegateDNS"),
    DelegateDNSAction: customResource("DNSDelegationFunction", { SubdomainName: zone }, delegated),
    HTTPSCert: customResource("CertificateValidationFunction", { Aliases: ref("Aliases") }, delegated),
    CustomDomainAction: customResource(
      "CustomDomainFunction",
      { Aliases: ref("Aliases"), PublicAccessDNS: reached.name, PublicAccessHostedZone: reached.zone },
      { Condition: "ManagedAliases" },
    ),
  };
}

export function distribution({ environment, hasDomain }: Variant): Record<string, JsonObject> {
  const { certificate, terminate_tls: terminatesTls } =
    typeof environment.cdn === "object" ? environment.cdn : {};
  const viewer = (arn: Json): JsonObject => ({
    AcmCertificateArn: arn,
    MinimumProtocolVersion: "TLSv1",
    SslSupportMethod: "sni-only",
  });
  const hasNames = certificate !== undefined || hasDomain;
  const importsForBalancer = environment.http?.public?.certificates !== undefined;
  const replicates = certificate === undefined && !importsForBalancer;
  const origin = sub("copilot-${AppName}-${EnvironmentName}-origin");
  const resources: Record<string, JsonObject> = {
    CloudFrontDistribution: {
      Type: "AWS::CloudFront::Distribution",
      Condition: "CreateALB",
      Properties: {
        DistributionConfig: {
          ...(hasNames && { Aliases: att("UniqueAliasesAction", "UniqueValues") }),
          DefaultCacheBehavior: {
            AllowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
            // CloudFront's own policies: caches nothing, forwards everything of the viewer.
            CachePolicyId: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
            TargetOriginId: origin,
            OriginRequestPolicyId: "216adef6-5c7f-47e4-b989-5492eafa07d3",
            ViewerProtocolPolicy: terminatesTls ? "redirect-to-https" : "allow-all",
          },
          Enabled: true,
          IPV6Enabled: true,
          Origins: [
            {
              Id: origin,
              DomainName: att("PublicLoadBalancer", "DNSName"),
              CustomOriginConfig: { OriginProtocolPolicy: terminatesTls ? "http-only" : "match-viewer" },
            },
          ],
          ...(certificate !== undefined && { ViewerCertificate: viewer(certificate) }),
          ...(replicates && {
            ViewerCertificate: iff("DelegateDNS", viewer(ref("CertificateReplicator")), NO_VALUE),
          }),
        },
      },
    },
  };
  if (hasNames) {
    Object.assign(resources, {
      UniqueJSONValuesFunctionRole: role(
        "lambda.amazonaws.com",
        { ManagedPolicyArns: [LOGGING] },
        "CreateALB",
      ),
      UniqueJSONValuesFunction: lambda("UniqueJSONValuesFunctionRole", "index.handler", "CreateALB"),
      UniqueAliasesAction: customResource(
        "UniqueJSONValuesFunction",
        { Aliases: ref("Aliases"), FilterFor: ref("ALBWorkloads") },
        { Condition: "CreateALB" },
      ),
    });
  }
  if (replicates) {
    Object.assign(resources, {
      CertificateReplicatorFunction: lambda(
        "CustomResourceRole",
        "index.certificateReplicateHandler",
        "DelegateDNS",
      ),
      CertificateReplicator: customResource(
        "CertificateReplicatorFunction",
        { TargetRegion: "us-east-1", CertificateArn: ref("HTTPSCert") },
        { Condition: "DelegateDNS" },
      ),
    });
  }
  return resources;
}
