import { isMade, type Patched } from "../check-stack.ts";
import { listOf, oneOrMore, valueAt, type Json, type JsonObject } from "../templates/parse-yaml.ts";
import { below, type Found } from "../problem.ts";
import { referencesTo } from "../templates/references.ts";
import { words } from "../words.ts";

/** Services of AWS that a task calls, by the last part of the names of their endpoints. */
const SERVICES = words(`
  bedrock-runtime ecr.api ecr.dkr elasticfilesystem kms logs monitoring s3 secretsmanager ssm ssmmessages sts bedrock
  dynamodb xray ecs ec2 sns sqs`);

/** What of IPv6 is missing once a load balancer has it, and endpoints that no task uses. */
export function networkProblems(stack: Patched, found: Found) {
  const made = Object.entries(stack.patched.Resources).filter(([id]) => isMade(stack, id));
  for (const [id, { Type, Properties }] of made) {
    const wrong = below(`Resources.${id}.Properties`, found);
    familyProblems(Properties, "", wrong);
    if (/^PrivateRoute\d+$/.test(id)) privateRouteProblems(Properties, wrong);
    if (Type === "AWS::EC2::VPCEndpoint") endpointProblems(Properties, stack, wrong);
    if (/^dualstack/.test(String(valueAt(Properties, "IpAddressType"))))
      dualStackProblems(Properties, stack, wrong);
  }
}

/** One NAT gateway for all zones is a choice; the gateway of public addresses leads nowhere from a private subnet. */
function privateRouteProblems(properties: Json | undefined, wrong: Found) {
  const targets = Object.keys((properties ?? {}) as JsonObject).filter(
    (key) => key !== "RouteTableId" && !key.startsWith("Destination"),
  );
  if (targets.includes("GatewayId"))
    wrong("GatewayId", "must be away: tasks there have no public address, so NatGatewayId must lead out");
  else if (targets.length !== 1) wrong("NatGatewayId", "must be there, or another target, but one alone");
}

/** Addresses of one family where those of the other belong. */
function familyProblems(value: Json | undefined, at: string, wrong: Found) {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value) as [string, Json][]) {
    const path = at === "" ? key : `${at}.${key}`;
    const isSix = typeof inner === "string" && inner.includes(":") && /^[\da-f:]+\/\d+$/i.test(inner);
    const isFour = typeof inner === "string" && /^[\d.]+\/\d+$/.test(inner);
    if (/^(CidrIp|DestinationCidrBlock)$/.test(key) && isSix)
      wrong(path, `must be of IPv4, is ${String(inner)}`);
    else if (/^(CidrIpv6|DestinationIpv6CidrBlock)$/.test(key) && isFour)
      wrong(path, `must be of IPv6, is ${String(inner)}`);
    else familyProblems(inner, path, wrong);
  }
}

/** A load balancer by IPv6 needs addresses, a way back, and doors. */
function dualStackProblems(properties: Json | undefined, { patched }: Patched, wrong: Found) {
  const { Resources } = patched;
  const key = "IpAddressType";
  if (valueAt(properties, key) !== "dualstack")
    wrong(key, "must be dualstack, or those who have IPv4 alone do not reach it");
  const outer = listOf(valueAt(properties, "Subnets")).flatMap(referencesTo);
  // One's own VPC is not in the template.
  const subnets = outer.filter((id) => id in Resources);
  const blocks = subnets.map((id) =>
    JSON.stringify(valueAt(Resources[id], "Properties", "Ipv6CidrBlock") ?? null),
  );
  const source = Object.keys(Resources).find((id) => Resources[id]!.Type === "AWS::EC2::VPCCidrBlock");
  for (const [index, id] of subnets.entries()) {
    if (blocks[index] === "null") wrong(key, `needs Ipv6CidrBlock of ${id}`);
    else if (blocks.indexOf(blocks[index]!) < index) wrong(key, `needs a block of its own for ${id}`);
    else if (!/\b64[\]}"]*$/.test(blocks[index]!))
      wrong(key, `needs blocks of 64 bits (the last word of !Cidr), and ${id} has others`);
    else if (source !== undefined && !oneOrMore(Resources[id]!.DependsOn).includes(source))
      wrong(key, `needs DependsOn: ${source} of ${id}, or the subnet is made before there are addresses`);
  }
  const goesBack = Object.values(Resources).some(
    ({ Type, Properties }) =>
      Type === "AWS::EC2::Route" &&
      valueAt(Properties, "DestinationIpv6CidrBlock") === "::/0" &&
      valueAt(Properties, "GatewayId") !== undefined,
  );
  if (subnets.length > 0 && !goesBack)
    wrong(key, "needs a route to ::/0 by the InternetGateway, or no answer comes back");
  for (const id of listOf(valueAt(properties, "SecurityGroups")).flatMap(referencesTo)) {
    const doors = listOf(valueAt(Resources[id], "Properties", "SecurityGroupIngress"));
    const open = (name: string, all: string) =>
      doors.filter((door) => valueAt(door, name) === all).map((door) => String(valueAt(door, "FromPort")));
    const closed = open("CidrIp", "0.0.0.0/0").find((port) => !open("CidrIpv6", "::/0").includes(port));
    if (closed !== undefined) wrong(key, `needs a door to port ${closed} by CidrIpv6 ::/0 in ${id}`);
  }
}

/** An endpoint in the VPC that tasks do not find or reach. */
function endpointProblems(properties: Json | undefined, { place }: Patched, wrong: Found) {
  const {
    ServiceName: given,
    VpcEndpointType: kind = "Gateway",
    PrivateDnsEnabled: named,
  } = (properties ?? {}) as JsonObject;
  const name = String(valueAt(given, "Fn::Sub") ?? given).replace("${AWS::Region}", place.region);
  const [, service] = /^com\.amazonaws\.[a-z]+-[a-z-]+-\d\.([\w.-]+)$/.exec(name) ?? [];
  if (service === undefined) return;
  if (!SERVICES.includes(service))
    wrong("ServiceName", `${service} is no service that tasks call, such as bedrock-runtime`);
  if (kind === "Interface" && String(named) !== "true")
    wrong("PrivateDnsEnabled", "must be true, or tasks still call the address outside");
  if (kind === "Gateway" && oneOrMore(valueAt(properties, "RouteTableIds")).length === 0)
    wrong("RouteTableIds", "is missing: without a route nothing goes there");
}
