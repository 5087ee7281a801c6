import { isMade, keeps, type Patched } from "../check-stack.ts";
import { listOf, valueAt, type Json } from "../templates/parse-yaml.ts";
import type { Found, Report } from "../problem.ts";

/** What must stay in which resource, so that there may be more beside it, and what happens otherwise. */
type Kept = readonly (readonly [id: RegExp, paths: readonly string[], otherwise: string])[];

const OF_THE_SERVICE: Kept = [
  [
    /^Service$/,
    ["Cluster", "TaskDefinition", "LoadBalancers"],
    "or the load balancer does not reach the tasks of this release",
  ],
  [
    /^TaskDefinition$/,
    ["ContainerDefinitions.0.Name", "ContainerDefinitions.0.Image"],
    "or the tasks are not those of this release",
  ],
  [
    /^TaskDefinition$/,
    ["ContainerDefinitions.0.Secrets", "TaskRoleArn", "ExecutionRoleArn"],
    "or the tasks lack their secrets or rights",
  ],
  [
    /^(Task|Execution)Role$/,
    ["AssumeRolePolicyDocument", "ManagedPolicyArns", "Policies"],
    "or the tasks lack rights that they need",
  ],
  [
    /^HTTPS?ListenerRule(WithDomain)?\d*$/,
    ["Actions", "Conditions", "ListenerArn"],
    "or requests do not reach the tasks",
  ],
  [/^LogGroup$/, ["LogGroupName"], "or `copilot svc logs` and the saved queries do not find it"],
  [
    /^TaskDefinition$/,
    ["ContainerDefinitions.0.LogConfiguration.Options.awslogs-group"],
    "or no task starts: the log does not exist",
  ],
  [/^AutoScalingTarget$/, ["ResourceId", "ScalableDimension"], "or something else is scaled"],
];

const OF_THE_ENVIRONMENT: Kept = [
  [
    /^PublicLoadBalancer$/,
    ["Scheme", "Type", "SecurityGroups", "Subnets"],
    "or the load balancer is not reached, or does not reach the tasks",
  ],
  [/^HTTPS?Listener$/, ["LoadBalancerArn", "Port", "Protocol"], "or nobody answers at the URL"],
  [
    /^(DefaultPublicRoute|PrivateRoute\d+)$/,
    ["DestinationCidrBlock", "RouteTableId"],
    "or tasks have no way out, or the load balancer no way back",
  ],
  [/^DefaultPublicRoute$/, ["GatewayId"], "or the load balancer has no way back"],
  [
    /^(PublicSubnet\d+RouteTable|PrivateRouteTable\d+)Association$/,
    ["SubnetId"],
    "or that subnet has no way out, and another has two",
  ],
  [/^NatGateway\d+$/, ["SubnetId"], "or tasks have no way out and do not even get their image"],
  [/^VPC$/, ["EnableDnsHostnames", "EnableDnsSupport"], "or tasks do not find the volume by its name"],
  [
    /^CloudFrontDistribution$/,
    [
      "DistributionConfig.DefaultCacheBehavior.AllowedMethods",
      "DistributionConfig.DefaultCacheBehavior.CachePolicyId",
      "DistributionConfig.DefaultCacheBehavior.OriginRequestPolicyId",
      "DistributionConfig.Origins",
    ],
    "or CloudFront refuses messages, or gives one's pages to another",
  ],
];

/** What patches have taken from the two stacks without which nothing works, although AWS takes it. */
export function keptProblems(service: Patched, environment: Patched, report: Report) {
  const waitsFor = [service.rendered, service.patched].map(({ Resources }) => Resources.Service?.DependsOn);
  if (!keeps(waitsFor[0], [waitsFor[1] ?? []].flat()))
    report(
      service.file,
      "Resources.Service.DependsOn",
      "must keep what Copilot renders, or the service is made before a rule leads to it, which AWS refuses",
    );
  for (const [stack, kept] of [
    [service, OF_THE_SERVICE],
    [environment, OF_THE_ENVIRONMENT],
  ] as const) {
    for (const [id, paths, otherwise] of kept) {
      for (const name of Object.keys(stack.rendered.Resources).filter((each) => id.test(each))) {
        for (const path of paths) {
          const [before, after] = [stack.rendered, stack.patched].map(({ Resources }) =>
            valueAt(Resources[name], "Properties", ...path.split(".")),
          );
          if (isMade(stack, name) && !keeps(needed(before), after))
            report(
              stack.file,
              `Resources.${name}.Properties.${path}`,
              `must keep what Copilot renders, ${otherwise}`,
            );
        }
      }
    }
  }
}

/** Without what one may change: how a redirect is called, and rights for a log of `exec`, which it does not write. */
function needed(before: Json | undefined): Json | undefined {
  if (before === undefined) return undefined;
  const isOfLog = (item: Json) =>
    [valueAt(item, "Action") ?? []].flat().every((action) => String(action).startsWith("logs:"));
  const text = JSON.stringify(before, (key, value: Json) => {
    if (key === "StatusCode") return undefined;
    return key === "Statement" && Array.isArray(value) ? value.filter((item) => !isOfLog(item)) : value;
  });
  return JSON.parse(text) as Json;
}

/** Whether a made VPC has its subnets in it, each with addresses of its own. */
export function addressProblems(stack: Patched, found: Found) {
  const subnets: { id: string; range: Range; zone: string }[] = [];
  const vpc = rangeOf(valueAt(stack.patched.Resources.VPC, "Properties", "CidrBlock"));
  for (const [id, { Type, Properties }] of Object.entries(stack.patched.Resources)) {
    const range = rangeOf(valueAt(Properties, "CidrBlock"));
    if (Type !== "AWS::EC2::Subnet" || range === null || vpc === null || !isMade(stack, id)) continue;
    const key = `Resources.${id}.Properties.CidrBlock`;
    if (range.from < vpc.from || range.to > vpc.to) found(key, "is not within the addresses of the VPC");
    const given = valueAt(Properties, "AvailabilityZone");
    const isCopilots = keeps(given, valueAt(stack.rendered.Resources[id], "Properties", "AvailabilityZone"));
    if (/^[a-z]{2}-/.test(String(given)) && !isCopilots && !String(given).startsWith(stack.place.region))
      found(
        `Resources.${id}.Properties.AvailabilityZone`,
        `must be one of the region's, such as !Select [0, !GetAZs ""], is ${String(given)}`,
      );
    const zone = JSON.stringify(given);
    const neighbour = subnets.find((each) => each.zone === zone && each.id.slice(0, -1) === id.slice(0, -1));
    if (neighbour)
      found(
        `Resources.${id}.Properties.AvailabilityZone`,
        `is that of ${neighbour.id} too: a load balancer and a volume take one subnet of a zone`,
      );
    const other = subnets.find((each) => each.range.from <= range.to && range.from <= each.range.to);
    if (other) found(key, `has addresses of ${other.id} too`);
    subnets.push({ id, range, zone });
  }
}

type Range = { from: number; to: number };

/** The first and the last address of a range of IPv4, as numbers. */
export function rangeOf(cidr: Json | undefined): Range | null {
  const [address, length] = String(cidr).split("/");
  if (!/^(\d+\.){3}\d+$/.test(address!)) return null;
  const number = address!.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(length));
  const from = number - (number % size);
  return { from, to: from + size - 1 };
}

/** Who must reach whom at which port: the rules between the groups of load balancer, tasks and volume. */
const WAYS: readonly (readonly [id: RegExp, port: number])[] = [
  [/^EFSSecurityGroupIngressFromEnvironment$/, 2049],
  [/^EnvironmentHTTPS?SecurityGroupIngressFromPublicALB$/, 3000],
];

/** Whether the rules of the groups still lead from the load balancer to the tasks, to the volume, and out. */
export function wayProblems(stack: Patched, found: Found) {
  const { rendered, patched } = stack;
  for (const [id, resource] of Object.entries(rendered.Resources)) {
    const port = WAYS.find(([name]) => name.test(id))?.[1];
    if (port === undefined || !isMade(stack, id)) continue;
    const after = valueAt(patched.Resources[id], "Properties");
    const ends = ["GroupId", "SourceSecurityGroupId"];
    const isSame = ends.every((end) => keeps(valueAt(resource, "Properties", end), valueAt(after, end)));
    if (!isSame || !opens(after, port))
      found(`Resources.${id}`, `must let the same group in at port ${port}, or nothing is reached there`);
  }
  for (const [id, port] of [
    ["PublicHTTPLoadBalancerSecurityGroup", 80],
    ["PublicHTTPSLoadBalancerSecurityGroup", 443],
  ] as const) {
    const doors = listOf(valueAt(patched.Resources[id], "Properties", "SecurityGroupIngress"));
    if (isMade(stack, id) && !doors.some((door) => opens(door, port)))
      found(`Resources.${id}`, `must let in at port ${port}, or nobody reaches the load balancer there`);
  }
  const egress = valueAt(patched.Resources.EnvironmentSecurityGroup, "Properties", "SecurityGroupEgress");
  for (const [port, whom] of [
    [443, "the models"],
    [2049, "the volume"],
  ] as const) {
    if (egress !== undefined && !(Array.isArray(egress) && egress.some((rule) => opens(rule, port))))
      found(
        "Resources.EnvironmentSecurityGroup.Properties.SecurityGroupEgress",
        `must let tasks out at port ${port}, to ${whom}`,
      );
  }
}

function opens(rule: Json | undefined, port: number): boolean {
  const protocol = String(valueAt(rule, "IpProtocol"));
  if (protocol === "-1") return true;
  const [from, to] = ["FromPort", "ToPort"].map((end) => Number(valueAt(rule, end)));
  return /^(tcp|6)$/.test(protocol) && from! <= port && port <= to!;
}
