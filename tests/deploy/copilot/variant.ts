import type { EnvironmentManifest } from "../manifests/environment-manifest.ts";
import type { Alias } from "../manifests/manifest-parts.ts";
import type { Json, JsonObject } from "../templates/parse-yaml.ts";
import type { ServiceManifest } from "../manifests/service-manifest.ts";
import { SERVICE } from "../problem.ts";

/** What Copilot's two stacks of an environment depend on. */
export type Variant = {
  /** The service's manifest as this environment gets it. */
  service: ServiceManifest;
  environment: EnvironmentManifest;
  /** Whether the application was made with --domain, which no file says: a name without an imported certificate. */
  hasDomain: boolean;
};

/** A template. The sections are there even when they are empty. */
export type Stack = {
  Parameters: JsonObject;
  Conditions: JsonObject;
  Resources: Record<string, JsonObject>;
  Outputs: Record<string, JsonObject>;
};

export function variantOf(service: ServiceManifest, environment: EnvironmentManifest): Variant {
  const imported = environment.http?.public?.certificates;
  return { service, environment, hasDomain: service.http.alias !== undefined && !imported };
}

export function hasCdn({ environment }: Pick<Variant, "environment">): boolean {
  return environment.cdn !== undefined && environment.cdn !== false;
}

/** Whether Copilot makes the file system. Otherwise one that exists is used by its id. */
export function hasManagedVolume({ service }: Pick<Variant, "service">): boolean {
  return Object.values(service.storage.volumes).some(({ efs }) => efs !== undefined && efs.id === undefined);
}

export const namesIn = (aliases: readonly Alias[] | undefined) => aliases?.map(({ name }) => name) ?? [];

/** The parameters of the environment's stack once the service has been deployed (Copilot's env-controller sets them). */
export function environmentParameters(variant: Variant): Record<string, Json> {
  const { environment, service, hasDomain } = variant;
  const isHttps = service.http.alias !== undefined;
  return {
    AppName: "holdfast",
    EnvironmentName: environment.name,
    ALBWorkloads: SERVICE,
    InternalALBWorkloads: "",
    EFSWorkloads: hasManagedVolume(variant) ? SERVICE : "",
    NATWorkloads: service.network.vpc.placement === "private" ? SERVICE : "",
    AppRunnerPrivateWorkloads: "",
    ToolsAccountPrincipalARN: "arn:aws:iam::123456789012:root",
    AppDNSName: hasDomain ? "example.com" : "",
    AppDNSDelegationRole: "",
    Aliases: isHttps ? JSON.stringify({ [SERVICE]: namesIn(service.http.alias) }) : "",
    CreateHTTPSListener: String(isHttps),
    CreateInternalHTTPSListener: "false",
    ServiceDiscoveryEndpoint: `${environment.name}.holdfast.local`,
  };
}

/** An image in the repository that `svc init` makes. */
export const IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/holdfast/chat:tag";

/** The parameters of the service's stack, as Copilot passes them. */
export function serviceParameters({ environment, service }: Variant): Record<string, Json> {
  const isHttps = service.http.alias !== undefined;
  return {
    AppName: "holdfast",
    EnvName: environment.name,
    WorkloadName: SERVICE,
    ContainerImage: IMAGE,
    ContainerPort: service.image.port,
    TaskCPU: service.cpu,
    TaskMemory: service.memory,
    TaskCount: typeof service.count === "number" ? service.count : service.count.range.min,
    DNSDelegated: String(isHttps),
    LogRetention: service.logging.retention,
    AddonsTemplateURL: "https://bucket/addons",
    EnvFileARN: "",
    ArtifactKeyARN: "arn:aws:kms:us-east-1:123456789012:key/1",
    TargetContainer: SERVICE,
    TargetPort: service.image.port,
    HTTPSEnabled: String(isHttps),
    RulePath: "/",
  };
}
