import { asTemplate, outputsOf, placesOf } from "./check-stack.ts";
import { environmentStack } from "./copilot/environment-stack.ts";
import { serviceStack } from "./copilot/service-stack.ts";
import type { Stack, Variant } from "./copilot/variant.ts";
import { isObject, type Json, type JsonObject } from "./templates/parse-yaml.ts";
import { applyPatches, type Patch } from "./templates/patches.ts";
import { holds, resolve, type Place } from "./templates/resolve-template.ts";

/** Each difference between what Copilot makes and what our templates make, and why. `-`: only Copilot has it. */
export const DIFFERENCES: readonly (readonly [what: RegExp, why: string])[] = [
  [
    /^-(\w+Function|\w+FunctionRole|EnvControllerRole|CustomResourceRole)$/,
    "no functions: what they look up or count is a parameter, a reference or ECS's own",
  ],
  [
    /^-(EnvControllerAction|DynamicDesiredCountAction|HTTPS?RulePriorityAction|HTTPRuleWithDomainPriorityAction)$/,
    "what the functions do",
  ],
  [
    /^-(DelegateDNSAction|HTTPSCert|CustomDomainAction|EnvironmentHostedZone)$/,
    "the certificate is a parameter, and its domain's records are made by hand",
  ],
  [
    /^-(CloudformationExecutionRole|EnvironmentManagerRole)$/,
    "the roles that Copilot itself takes; they are kept when a stack is taken over",
  ],
  [
    /^-(ServiceDiscoveryNamespace|DiscoveryService|LogResourcePolicy)$/,
    "nobody asks for the service by a private name, and no state machine logs",
  ],
  [
    /^-EnvironmentSecurityGroupIngressFromSelf$/,
    "tasks do not talk to each other, and the volume has a group of its own",
  ],
  [/^-AutoScalingRole$/, "Application Auto Scaling has a role of its own, with fewer rights"],
  [/^-AddonsStack$/, "the addons are stacks of their own, since a nested one needs a bucket"],
  [
    /^\+(MountTarget[12]|EFSSecurityGroup|EFSSecurityGroupIngressFromEnvironment|AccessPoint)$/,
    "a kept file system gets them by hand with Copilot",
  ],
  [/^AutoScalingTarget\.Properties\.RoleARN$/, "as AutoScalingRole"],
  [/^Service\.Properties\.DesiredCount$/, "a frozen number would undo the scaling at each deployment"],
  [
    /^Service\.Properties\.(Alarms|ServiceConnectConfiguration|ServiceRegistries)/,
    "switched off by Copilot, or discovery",
  ],
  [/^Service\.Properties\.DeploymentConfiguration\.Alarms/, "switched off by Copilot"],
  [/^HTTPS?ListenerRule(WithDomain)?\.Properties\.Priority$/, "a constant, since no other service has rules"],
  [
    /^TaskDefinition\.Properties\.ContainerDefinitions\.\w+\.Environment\.COPILOT_(LB_DNS|MOUNT_POINTS|SERVICE_DISCOVERY_ENDPOINT)$/,
    "the app does not read them",
  ],
  [
    /^TaskDefinition\.Properties\.Volumes\..*(AccessPointId|FilesystemId)$/,
    "of a kept file system: made or imported here, named in the manifest there",
  ],
  [/^ExecutionRole\.Properties\.(ManagedPolicyArns|Policies)/, "only this image, this log and this secret"],
  [
    /^TaskRole\.Properties\.Policies\.ExecuteCommand/,
    "exec writes no log, so it needs none of the rights for logs",
  ],
  [/^TaskRole\.Properties\.Policies\.GrantEFSAccess/, "a kept file system has the policy of any other"],
  [
    /^TaskRole\.Properties\.Policies\.GrantAccessCopilotManagedEFS$/,
    "a kept file system has the policy of any other",
  ],
  [/^TaskRole\.Properties\.ManagedPolicyArns$/, "the addon's stack gives it as an output, a parameter here"],
  [/^TaskRole\.Properties\.Tags/, "Copilot tags the whole stack"],
  [/^HTTPSListener\.Properties\.Certificates/, "the certificate is a parameter"],
];

/** What only Copilot's stacks have, by their ids with a `-` before. */
export const REPLACED = DIFFERENCES.map(([what]) => what).filter(({ source }) => source.startsWith("^-"));

/** The resources that a template makes in one place, with all functions carried out. */
export type Made = Map<string, JsonObject>;

/** What Copilot makes of the manifests and patches: the stacks of the environment and of the service. */
export function madeByCopilot(
  variant: Variant,
  patches: { service: Patch[]; environment: Patch[] },
): { environment: Made; service: Made; outputs: Made } {
  const places = placesOf(variant);
  const failed = ({ path }: Patch) => {
    throw new Error(`${path} finds nothing there`);
  };
  const environment = applyPatches(environmentStack(variant), patches.environment, failed);
  const service = applyPatches(serviceStack(variant), patches.service, failed);
  const exports = outputsOf(variant, environment);
  return {
    environment: madeBy(environment, places.environment),
    service: imported(madeBy(service, places.service), exports, variant.environment.name),
    outputs: madeBy(environment, places.environment, "Outputs"),
  };
}

/** Every resource, or output, of a template whose condition holds. */
export function madeBy(stack: Stack, place: Place, section: "Resources" | "Outputs" = "Resources"): Made {
  const template = asTemplate(stack);
  const made: Made = new Map();
  for (const [id, { Condition, Metadata: _, ...resource }] of Object.entries(stack[section])) {
    if (Condition !== undefined && !holds(String(Condition), template, place)) continue;
    made.set(id, resolve(resource, template, place) as JsonObject);
  }
  return made;
}

/** Copilot's service asks its controller for what the environment exports; a template of ours imports it. */
function imported(made: Made, exports: Map<string, string | null>, environment: string): Made {
  const text = JSON.stringify([...made]).replaceAll(
    /attribute EnvControllerAction\.(\w+)/g,
    (all, output: string) => {
      const name = exports.get(output);
      return name == null ? all : `import holdfast-${environment}-${name}`;
    },
  );
  return new Map(JSON.parse(text) as [string, JsonObject][]);
}

/** What the second stack lacks of the first, or has otherwise: the paths of `differences`. It may have more. */
export function losses(one: Made, other: Made): string[] {
  return [...one].flatMap(([id, resource]) => {
    const after = other.get(id);
    return after === undefined ? [`-${id}`] : lost(normal(resource), normal(after), id);
  });
}

function lost(a: Json, b: Json | undefined, at: string): string[] {
  if (isObject(a) && isObject(b))
    return Object.keys(a).flatMap((key) => lost(a[key]!, b[key], `${at}.${key}`));
  return JSON.stringify(a) === JSON.stringify(b) ? [] : [at];
}

/** Where two stacks differ: `Id` where one lacks a resource, else the path of the value. */
export function differences(one: Made, other: Made): string[] {
  const ids = new Set([...one.keys(), ...other.keys()]);
  return [...ids].flatMap((id) => {
    const [a, b] = [one.get(id), other.get(id)];
    if (a === undefined) return [`+${id}`];
    if (b === undefined) return [`-${id}`];
    return differing(normal(a), normal(b), id);
  });
}

function differing(a: Json | undefined, b: Json | undefined, at: string): string[] {
  if (isObject(a) && isObject(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].flatMap((key) => differing(a[key], b[key], `${at}.${key}`));
  }
  return JSON.stringify(a) === JSON.stringify(b) ? [] : [at];
}

/** CloudFormation takes "60" for 60; lists of pairs have no order; a list of one is as good as its item. */
function normal(value: Json): Json {
  if (Array.isArray(value)) {
    const items = value.map(normal);
    for (const [key, of] of [
      ["Name", "Value"],
      ["Key", "Value"],
      ["PolicyName", null],
    ] as const) {
      if (items.length > 0 && items.every((item) => isObject(item) && key in item)) {
        const objects = items as JsonObject[];
        return Object.fromEntries(
          objects.map((item) => [String(item[key]), of === null ? item : (item[of] ?? item)]),
        );
      }
    }
    return items.length === 1 ? items[0]! : items;
  }
  if (isObject(value)) {
    const entries = Object.entries(value).filter(([key, inner]) => !isEmpty(key, inner));
    return Object.fromEntries(
      entries.map(([key, inner]) => [key, normal(inner)] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  }
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

/** The order of creation, which concerns one template alone, and lists without items. */
function isEmpty(key: string, value: Json): boolean {
  return key === "DependsOn" || (Array.isArray(value) && value.length === 0);
}
