import path from "node:path";
import { z } from "zod";
import { duration, durationBetween } from "./duration.ts";
import {
  aliases,
  anyCase,
  awsId,
  build,
  cidr,
  command,
  containerHealthcheck,
  dependsOn,
  envFile,
  flag,
  fromCfn,
  portMapping,
  retention,
  secret,
  sidecar,
  subnetsByTag,
  variable,
  within,
} from "./manifest-parts.ts";
import { orElse } from "./or-else.ts";

const cooldown = z.strictObject({ in: duration.optional(), out: duration.optional() });
/** Of an alarm that takes a release back: above 0 is every task. */
const percentage = z.number().gt(0, "must be from 1 to 100").max(100, "must be from 1 to 100");
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
    response_time: scaledBy(duration.refine((seconds) => seconds > 0, "must be more than 0")).optional(),
  }),
);

const healthcheck = z.preprocess(
  (given) => (typeof given === "string" ? { path: given } : given),
  z.strictObject({
    path: z.string().default("/"),
    port: within(1, 65_535).optional(),
    success_codes: z.union([z.string(), z.number()]).transform(String).optional(),
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
  stickiness: flag.default(false),
  alias: aliases.optional(),
  hosted_zone: z.string().optional(),
  target_container: z.string().optional(),
  target_port: within(1, 65_535).optional(),
  redirect_to_https: flag.optional(),
  allowed_source_ips: z
    .array(cidr)
    .min(1, "must name one at least: without any, everybody gets in")
    .optional(),
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
  stickiness: flag.optional(),
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
      iam: flag.optional(),
      access_point_id: z
        .string()
        .regex(/^fsap-[0-9a-f]{8,17}$/, "must be the id of an access point, such as fsap-0123456789abcdef0")
        .optional(),
    })
    .optional(),
});

const volume = z.strictObject({
  path: z.string(),
  read_only: flag.optional(),
  // `true` is one that Copilot makes, `false` is none.
  efs: z.preprocess((given) => (given === true ? {} : given === false ? undefined : given), efs.optional()),
});

const logging = z.strictObject({
  retention: retention.default(30),
  image: z.string().optional(),
  destination: z.record(z.string(), z.string()).optional(),
  enableMetadata: flag.optional(),
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
        z.strictObject({
          subnets: orElse(z.array(awsId("subnet")).min(1, "must name one at least"), subnetsByTag),
        }),
      ).default("public"),
      security_groups: orElse(
        z.array(orElse(awsId("sg"), fromCfn)),
        z.strictObject({
          groups: z.array(orElse(awsId("sg"), fromCfn)).optional(),
          deny_default: flag.optional(),
        }),
      ).optional(),
    })
    .default({ placement: "public" }),
  connect: orElse(flag, z.strictObject({ alias: z.string().optional() })).optional(),
});

const image = z.strictObject({
  build: build.optional(),
  location: z.string().optional(),
  port: within(1, 65_535),
  healthcheck: containerHealthcheck.optional(),
  credentials: z
    .string()
    .regex(
      /^arn:aws[a-z-]*:(secretsmanager|ssm):/,
      "must be the ARN of a secret with the registry's password",
    )
    .optional(),
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
    flag,
    z.strictObject({ enable: flag }).transform(({ enable }) => enable),
  ).default(false),
  network: network.default({ vpc: { placement: "public" } }),
  storage: z
    .strictObject({
      volumes: z.record(z.string(), volume).default({}),
      ephemeral: within(20, 200).optional(),
      readonly_fs: flag.optional(),
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
            fifo: orElse(flag, z.strictObject({ content_based_deduplication: flag.optional() })).optional(),
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
        z.strictObject({ cpu_utilization: percentage.optional(), memory_utilization: percentage.optional() }),
      ).optional(),
    })
    .optional(),
  observability: z.strictObject({ tracing: anyCase("awsxray").optional() }).optional(),
};

const written = z.strictObject({ name: z.string(), type: z.literal("Load Balanced Web Service"), ...keys });

/** The manifest with the overrides of one environment merged in, and with Copilot's defaults. */
export const serviceManifest = written
  // Zod comes here with unknown keys as its only problems, and what should have such a key is then not there.
  .transform((manifest, context) => (context.issues.length > 0 ? z.NEVER : simplified(manifest)));
export type ServiceManifest = z.output<typeof serviceManifest>;

/** The manifest as rules read it: each thing in one form, of those that Copilot takes. */
function simplified({
  count: given,
  variables,
  image: { build: built, ...ofImage },
  ...manifest
}: z.output<typeof written>) {
  return {
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
  };
}

/** Where Copilot looks for the Dockerfile and for what it copies, when one of them is not said. */
function whereBuilt({ dockerfile, context, ...rest }: z.output<typeof build>) {
  const file = dockerfile ?? path.posix.join(context ?? ".", "Dockerfile");
  return {
    ...rest,
    dockerfile: path.posix.normalize(file),
    context: path.posix.normalize(context ?? path.posix.dirname(file)).replace(/(?<=.)\/$/, ""),
  };
}

/** The volume of the conversations: that at the app's folder, else the first that a file system stands behind. */
export function dataVolumeOf({ storage }: Pick<ServiceManifest, "storage">, dataDir: string) {
  const volumes = Object.entries(storage.volumes);
  return (
    volumes.find(([, { path: at }]) => at === dataDir) ??
    volumes.find(([, { efs }]) => efs !== undefined) ??
    volumes[0]
  );
}
