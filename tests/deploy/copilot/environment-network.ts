import { att, join, ref, sub } from "./intrinsics.ts";
import { isForCdnOnly } from "../manifests/environment-manifest.ts";
import type { Json, JsonObject } from "../templates/parse-yaml.ts";
import type { Variant } from "./variant.ts";

/** The id of CloudFront's list of addresses differs between regions; Copilot looks it up. */
const CLOUDFRONT_PREFIXES = "pl-cloudfront";

const nameTag = (suffix: string): Json => [
  { Key: "Name", Value: sub(`copilot-\${AppName}-\${EnvironmentName}${suffix}`) },
];

export function vpcId({ environment }: Variant): Json {
  return environment.network?.vpc.id ?? ref("VPC");
}

export function subnets({ environment }: Variant, kind: "Public" | "Private"): Json[] {
  const given = environment.network?.vpc.subnets?.[kind === "Public" ? "public" : "private"];
  if (environment.network?.vpc.id !== undefined && given) return given.map(({ id }) => id!);
  return (given ?? [null, null]).map((_, index) => ref(`${kind}Subnet${index + 1}`));
}

export function vpc({ environment }: Variant): Record<string, JsonObject> {
  const cidr = environment.network?.vpc.cidr ?? "10.0.0.0/16";
  const resources: Record<string, JsonObject> = {
    VPC: {
      Type: "AWS::EC2::VPC",
      Properties: {
        CidrBlock: cidr,
        EnableDnsHostnames: true,
        EnableDnsSupport: true,
        InstanceTenancy: "default",
        Tags: nameTag(""),
      },
    },
    PublicRouteTable: {
      Type: "AWS::EC2::RouteTable",
      Properties: { VpcId: ref("VPC"), Tags: nameTag("") },
    },
    DefaultPublicRoute: {
      Type: "AWS::EC2::Route",
      DependsOn: "InternetGatewayAttachment",
      Properties: {
        RouteTableId: ref("PublicRouteTable"),
        DestinationCidrBlock: "0.0.0.0/0",
        GatewayId: ref("InternetGateway"),
      },
    },
    InternetGateway: { Type: "AWS::EC2::InternetGateway", Properties: { Tags: nameTag("") } },
    InternetGatewayAttachment: {
      Type: "AWS::EC2::VPCGatewayAttachment",
      Properties: { InternetGatewayId: ref("InternetGateway"), VpcId: ref("VPC") },
    },
  };
  const given = environment.network?.vpc.subnets;
  const usual = ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"].map((range) => ({
    cidr: range,
    az: undefined,
  }));
  const wanted = [
    ...(given?.public ?? usual.slice(0, 2)).map((subnet, zone) => ({ kind: "Public", zone, ...subnet })),
    ...(given?.private ?? usual.slice(2)).map((subnet, zone) => ({ kind: "Private", zone, ...subnet })),
  ];
  for (const { kind, zone, cidr: range, az } of wanted) {
    resources[`${kind}Subnet${zone + 1}`] = {
      Type: "AWS::EC2::Subnet",
      Properties: {
        ...(range !== undefined && { CidrBlock: range }),
        VpcId: ref("VPC"),
        AvailabilityZone: az ?? { "Fn::Select": [zone, { "Fn::GetAZs": "" }] },
        MapPublicIpOnLaunch: kind === "Public",
        Tags: nameTag(kind === "Public" ? `-pub${zone}` : `-priv${zone}`),
      },
    };
    if (kind === "Private") continue;
    resources[`PublicSubnet${zone + 1}RouteTableAssociation`] = {
      Type: "AWS::EC2::SubnetRouteTableAssociation",
      Properties: { RouteTableId: ref("PublicRouteTable"), SubnetId: ref(`PublicSubnet${zone + 1}`) },
    };
  }
  return resources;
}

export function natGateways(variant: Variant): Record<string, JsonObject> {
  const made = { Condition: "CreateNATGateways" };
  const resources: Record<string, JsonObject> = {};
  for (const number of subnets(variant, "Private").map((_, index) => index + 1)) {
    Object.assign(resources, {
      [`NatGateway${number}Attachment`]: {
        Type: "AWS::EC2::EIP",
        ...made,
        DependsOn: "InternetGatewayAttachment",
        Properties: { Domain: "vpc" },
      },
      [`NatGateway${number}`]: {
        Type: "AWS::EC2::NatGateway",
        ...made,
        Properties: {
          AllocationId: att(`NatGateway${number}Attachment`, "AllocationId"),
          SubnetId: ref(`PublicSubnet${number}`),
          Tags: nameTag(`-${number - 1}`),
        },
      },
      [`PrivateRouteTable${number}`]: {
        Type: "AWS::EC2::RouteTable",
        ...made,
        Properties: { VpcId: ref("VPC") },
      },
      [`PrivateRoute${number}`]: {
        Type: "AWS::EC2::Route",
        ...made,
        Properties: {
          RouteTableId: ref(`PrivateRouteTable${number}`),
          DestinationCidrBlock: "0.0.0.0/0",
          NatGatewayId: ref(`NatGateway${number}`),
        },
      },
      [`PrivateRouteTable${number}Association`]: {
        Type: "AWS::EC2::SubnetRouteTableAssociation",
        ...made,
        Properties: {
          RouteTableId: ref(`PrivateRouteTable${number}`),
          SubnetId: ref(`PrivateSubnet${number}`),
        },
      },
    });
  }
  return resources;
}

export function securityGroups(variant: Variant): Record<string, JsonObject> {
  const group = (description: Json, tag: string, rest: JsonObject, condition?: string): JsonObject => ({
    Type: "AWS::EC2::SecurityGroup",
    ...(condition !== undefined && { Condition: condition }),
    Properties: { GroupDescription: description, VpcId: vpcId(variant), Tags: nameTag(tag), ...rest },
  });
  const ingress = (description: string, to: string, from: string, condition?: string): JsonObject => ({
    Type: "AWS::EC2::SecurityGroupIngress",
    ...(condition !== undefined && { Condition: condition }),
    Properties: {
      Description: description,
      GroupId: ref(to),
      IpProtocol: -1,
      SourceSecurityGroupId: ref(from),
    },
  });
  const door = (port: number) => ({ SecurityGroupIngress: doorsOf(variant, port) });
  const joined = (name: string) => join("", ref("AppName"), "-", ref("EnvironmentName"), name);
  return {
    PublicHTTPLoadBalancerSecurityGroup: group(
      "HTTP access to the public facing load balancer",
      "-lb-http",
      door(80),
      "CreateALB",
    ),
    PublicHTTPSLoadBalancerSecurityGroup: group(
      "HTTPS access to the public facing load balancer",
      "-lb-https",
      door(443),
      "ExportHTTPSListener",
    ),
    EnvironmentSecurityGroup: group(joined("EnvironmentSecurityGroup"), "-env", ownRules(variant)),
    EnvironmentHTTPSecurityGroupIngressFromPublicALB: ingress(
      "HTTP ingress from the public ALB",
      "EnvironmentSecurityGroup",
      "PublicHTTPLoadBalancerSecurityGroup",
      "CreateALB",
    ),
    EnvironmentHTTPSSecurityGroupIngressFromPublicALB: ingress(
      "HTTPS ingress from the public ALB",
      "EnvironmentSecurityGroup",
      "PublicHTTPSLoadBalancerSecurityGroup",
      "ExportHTTPSListener",
    ),
    EnvironmentSecurityGroupIngressFromSelf: ingress(
      "Ingress from other containers in the same security group",
      "EnvironmentSecurityGroup",
      "EnvironmentSecurityGroup",
    ),
    EFSSecurityGroup: group(joined("EFSSecurityGroup"), "-efs", {}, "CreateEFS"),
    EFSSecurityGroupIngressFromEnvironment: ingress(
      "Ingress from containers in the Environment Security Group.",
      "EFSSecurityGroup",
      "EnvironmentSecurityGroup",
      "CreateEFS",
    ),
  };
}

/** What the manifest adds to the tasks' group. */
function ownRules({ environment }: Variant): JsonObject {
  const given = environment.network?.vpc.security_group;
  const rules = (list: NonNullable<typeof given>["ingress"] = []) =>
    list.map(({ cidr, ip_protocol: protocol, ports }) => {
      const [from, to = from] = String(ports).split("-").map(Number);
      return { CidrIp: cidr, FromPort: from!, ToPort: to!, IpProtocol: protocol };
    });
  return {
    ...(given?.ingress && { SecurityGroupIngress: rules(given.ingress) }),
    ...(given?.egress && { SecurityGroupEgress: rules(given.egress) }),
  };
}

/** Who may reach the load balancer at a port. */
function doorsOf({ environment }: Variant, port: number): Json[] {
  const ports = { FromPort: port, IpProtocol: "tcp", ToPort: port };
  const lists = isForCdnOnly(environment) ? [CLOUDFRONT_PREFIXES] : [];
  const ranges = environment.http?.public?.ingress?.source_ips ?? [];
  if (lists.length + ranges.length === 0) {
    return [{ CidrIp: "0.0.0.0/0", Description: `Allow from anyone on port ${port}`, ...ports }];
  }
  return [
    ...lists.map((id) => ({
      SourcePrefixListId: id,
      Description: `Allow ingress from prefix list ${id} on port ${port}`,
      ...ports,
    })),
    ...ranges.map((cidr) => ({
      CidrIp: cidr,
      Description: `Allow ingress from source IP ${cidr} on port ${port}`,
      ...ports,
    })),
  ];
}
