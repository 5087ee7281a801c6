import path from "node:path";
import { z } from "zod";
import { duration, durationBetween } from "./duration.ts";
import {
  aliases,
  anyCase,
  build,
  cidr,
  command,
  containerHealthcheck,
  dependsOn,
  envFile,
  fromCfn,
  portMapping,
  secret,
  sidecar,
  subnetsByTag,
  variable,
  within,
} from "./manifest-parts.ts";
import { orElse } from "./or-else.ts";

const cooldown = z.strictObject({ in: duration.optional(), out: duration.optional() });
const taskNumber = z.int().min(0, "must be 0 at least");

/** A number, or the same with a cooldown of its own. */
const scaledBy = <Value extends z.ZodType>(value: Value) =>
  z.preprocess(
    (given) => (typeof given === "object" && given !== null ? given : { value: given }),
    z.strictObject({ value, cooldown: cooldown.optional() }),
  );

const range = orElse(
  z
    .string()
    .regex(/^\d+-\d+$/, "must be a range such as 2-10")
    .transform((text) => {
      const [min, max] = text.split("-").map(Number);
      return { min: min!, max: max!, spot_from: undefined };
    }),
  z.strictObject({ min: taskNumber, max: taskNumber, spot_from: taskNumber.optional() }),
);

const count = orElse(
  z.union([z.int(), z.strictObject({ spot: taskNumber })]),
  z.strictObject({
    range,
    cooldown: cooldown.optional(),
    cpu_percentage: scaledBy(within(1, 100)).optional(),
    memory_percentage: scaledBy(within(1, 100)).optional(),
    requests: scaledBy(z.int().min(1)).optional(),
    response_time: scaledBy(duration).optional(),
  }),
);

const healthcheck = z.preprocess(
  (given) => (typeof given === "string" ? { path: given } : given),
  z.strictObject({
    path: z.string().default("/"),
    port: within(1, 65_535).optional(),
    success_codes: z.string().optional(),
    interval: durationBetween(5, 300).optional(),
    timeout: durationBetween(2, 120).optional(),
    healthy_threshold: within(2, 10).optional(),
    unhealthy_threshold: within(2, 10).optional(),
    grace_period: durationBetween(0, 3_600).optional(),
  }),
);

/** The check with the load balancer's own defaults for what is not given. */
export function withDefaults(given: z.output<typeof healthcheck>) {
  return {
    ...given,
    interval: given.interval ?? 30,
    timeout: given.timeout ?? 5,
    healthy_threshold: given.healthy_threshold ?? 5,
    unhealthy_threshold: given.unhealthy_threshold ?? 2,
  };
}

const rule = {
  path: z.string(),
  version: anyCase("http1", "http2", "grpc").optional(),
  stickiness: z.boolean().default(false),
  alias: aliases.optional(),
  hosted_zone: z.string().optional(),
  target_container: z.string().optional(),
  target_port: within(1, 65_535).optional(),
  redirect_to_https: z.boolean().optional(),
  allowed_source_ips: z.array(cidr).optional(),
};
const deregistration = durationBetween(0, 3_600);

const listener = {
  port: portMapping("tcp", "udp", "tls"),
  healthcheck: z
    .strictObject({
      port: within(1, 65_535).optional(),
      healthy_threshold: within(2, 10).optional(),
      unhealthy_threshold: within(2, 10).optional(),
      timeout: durationBetween(2, 120).optional(),
      interval: durationBetween(5, 300).optional(),
      grace_period: durationBetween(0, 3_600).optional(),
    })
    .optional(),
  target_container: z.string().optional(),
  target_port: within(1, 65_535).optional(),
  ssl_policy: z.string().optional(),
  stickiness: z.boolean().optional(),
  deregistration_delay: deregistration.optional(),
};

const efs = z.strictObject({
  uid: z.int().optional(),
  gid: z.int().optional(),
  root_dir: z.string().startsWith("/", "must begin with /").optional(),
  id: orElse(
    z.string().regex(/^fs-[0-9a-f]{8,17}$/, "must be the id of a file system, such as fs-0123456789abcdef0"),
    fromCfn,
  ).optional(),
  auth: z
    .strictObject({
      iam: z.boolean().optional(),
      access_point_id: z
        .string()
        .regex(/^fsap-[0-9a-f]{8,17}$/, "must be the id of an access point, such as fsap-0123456789abcdef0")
        .optional(),
    })
    .optional(),
});

const volume = z.strictObject({
  path: z.string(),
  read_only: z.boolean().optional(),
  // `true` is one that Copilot makes, `false` is none.
  efs: z.preprocess((given) => (given === true ? {} : given === false ? undefined : given), efs.optional()),
});

const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

const logging = z.strictObject({
  retention: z
    .int()
    .refine((days) => (RETENTIONS as readonly number[]).includes(days), "is no retention that CloudWatch has")
    .default(30),
  image: z.string().optional(),
  destination: z.record(z.string(), z.string()).optional(),
  enableMetadata: z.boolean().optional(),
  secretOptions: z.record(z.string(), secret).optional(),
  configFilePath: z.string().optional(),
  variables: z.record(z.string(), variable).optional(),
  secrets: z.record(z.string(), secret).optional(),
  env_file: envFile.optional(),
});

const network = z.strictObject({
  vpc: z
    .strictObject({
      placement: orElse(
        z.enum(["private", "public"]),
        z.strictObject({ subnets: orElse(z.array(z.string()), subnetsByTag) }),
      ).default("public"),
      security_groups: orElse(
        z.array(orElse(z.string(), fromCfn)),
        z.strictObject({
          groups: z.array(orElse(z.string(), fromCfn)).optional(),
          deny_default: z.boolean().optional(),
        }),
      ).optional(),
    })
    .default({ placement: "public" }),
  connect: orElse(z.boolean(), z.strictObject({ alias: z.string().optional() })).optional(),
});

const image = z.strictObject({
  build: build.optional(),
  location: z.string().optional(),
  port: within(1, 65_535),
  healthcheck: containerHealthcheck.optional(),
  credentials: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  depends_on: dependsOn.optional(),
});

const http = z.strictObject({
  ...rule,
  alb: z.string().optional(),
  targetContainer: z.string().optional(),
  healthcheck: healthcheck.default({ path: "/" }),
  deregistration_delay: deregistration.default(60),
  additional_rules: z
    .array(
      z.strictObject({
        ...rule,
        healthcheck: healthcheck.optional(),
        deregistration_delay: deregistration.optional(),
      }),
    )
    .default([]),
});

/** Every key of a load-balanced web service that Copilot 1.34.1 has (its internal/pkg/manifest). */
const keys = {
  image,
  http,
  nlb: z
    .strictObject({
      ...listener,
      alias: aliases.optional(),
      additional_listeners: z.array(z.strictObject(listener)).optional(),
    })
    .optional(),
  platform: orElse(
    anyCase("linux/arm64", "linux/x86_64", "linux/amd64"),
    z
      .strictObject({ osfamily: z.string(), architecture: z.string() })
      .transform(({ osfamily, architecture }) => `${osfamily}/${architecture}`)
      .pipe(anyCase("linux/arm64", "linux/x86_64", "linux/amd64")),
  ).default("linux/amd64"),
  cpu: z.int().default(256),
  memory: z.int().default(512),
  count: count.default(1),
  exec: orElse(
    z.boolean(),
    z.strictObject({ enable: z.boolean() }).transform(({ enable }) => enable),
  ).default(false),
  network: network.default({ vpc: { placement: "public" } }),
  storage: z
    .strictObject({
      volumes: z.record(z.string(), volume).default({}),
      ephemeral: within(20, 200).optional(),
      readonly_fs: z.boolean().optional(),
    })
    .default({ volumes: {} }),
  variables: z.record(z.string(), variable).default({}),
  env_file: envFile.optional(),
  secrets: z.record(z.string(), secret).optional(),
  entrypoint: command.optional(),
  command: command.optional(),
  logging: logging.default({ retention: 30 }),
  sidecars: z.record(z.string(), sidecar).default({}),
  publish: z
    .strictObject({
      topics: z
        .array(
          z.strictObject({
            name: z.string(),
            fifo: orElse(
              z.boolean(),
              z.strictObject({ content_based_deduplication: z.boolean().optional() }),
            ).optional(),
          }),
        )
        .optional(),
    })
    .optional(),
  taskdef_overrides: z
    .array(
      z.strictObject({
        path: z.string().regex(/^(?!Family$|ContainerDefinitions\[\d+\]\.Name$)/, "cannot be overridden"),
        value: z.unknown(),
      }),
    )
    .optional(),
  deployment: z
    .strictObject({
      rolling: anyCase("default", "recreate").optional(),
      rollback_alarms: orElse(
        z.array(z.string()),
        z.strictObject({ cpu_utilization: z.number().optional(), memory_utilization: z.number().optional() }),
      ).optional(),
    })
    .optional(),
  observability: z.strictObject({ tracing: anyCase("awsxray").optional() }).optional(),
};

/** The manifest with the overrides of one environment merged in, and with Copilot's defaults. */
export const serviceManifest = z
  .strictObject({ name: z.string(), type: z.literal("Load Balanced Web Service"), ...keys })
  .transform(({ count: given, variables, image: { build: built, ...ofImage }, ...manifest }) => ({
    ...manifest,
    image: { ...ofImage, build: built === undefined ? undefined : whereBuilt(built) },
    count: typeof given === "object" && "spot" in given ? given.spot : given,
    /** The number of the first task that is on Fargate Spot. */
    spotFrom: typeof given === "object" ? ("spot" in given ? 1 : given.range.spot_from) : undefined,
    /** Those whose value stands in the manifest. */
    variables: Object.fromEntries(
      Object.entries(variables).flatMap(([name, value]) =>
        typeof value === "string" ? [[name, value]] : [],
      ),
    ) as Record<string, string>,
    /** Those that are another stack's export: the name of the export. */
    imports: Object.fromEntries(
      Object.entries(variables).flatMap(([name, value]) =>
        typeof value === "string" ? [] : [[name, value.from_cfn]],
      ),
    ) as Record<string, string>,
  }));
export type ServiceManifest = z.output<typeof serviceManifest>;

/** Where Copilot looks for the Dockerfile and for what it copies, when one of them is not said. */
function whereBuilt({ dockerfile, context, ...rest }: z.output<typeof build>) {
  const file = dockerfile ?? path.posix.join(context ?? ".", "Dockerfile");
  return {
    ...rest,
    dockerfile: path.posix.normalize(file),
    context: path.posix.normalize(context ?? path.posix.dirname(file)).replace(/(?<=.)\/$/, ""),
  };
}

/** The volume of the conversations: the first that a file system stands behind, else the first. */
export function dataVolumeOf({ storage }: Pick<ServiceManifest, "storage">) {
  const volumes = Object.entries(storage.volumes);
  return volumes.find(([, { efs }]) => efs !== undefined) ?? volumes[0];
}
