import { z } from "zod";
import { duration, durationBetween } from "./duration.ts";
import { orElse } from "./or-else.ts";

const within = (min: number, max: number) =>
  z
    .int("must be a whole number")
    .min(min, `must be from ${min} to ${max}`)
    .max(max, `must be from ${min} to ${max}`);

const percentage = z.preprocess(
  (value) => (typeof value === "number" ? { value } : value),
  z.strictObject({
    value: within(1, 100),
    cooldown: z.strictObject({ in: duration.optional(), out: duration.optional() }).optional(),
  }),
);

const count = orElse(
  z.int(),
  z.strictObject({
    range: z
      .string()
      .regex(/^\d+-\d+$/, "must be a range such as 2-10")
      .transform((text) => {
        const [min, max] = text.split("-").map(Number);
        return { min: min!, max: max! };
      }),
    cpu_percentage: percentage.optional(),
    memory_percentage: percentage.optional(),
  }),
);

const healthcheck = z.strictObject({
  path: z.string(),
  port: within(1, 65_535).optional(),
  success_codes: z.string().optional(),
  interval: durationBetween(5, 300),
  timeout: durationBetween(2, 120),
  healthy_threshold: within(2, 10),
  unhealthy_threshold: within(2, 10),
  grace_period: durationBetween(0, 3_600).optional(),
});

const domain = z.string().regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, "must be a domain name");

const volume = z.strictObject({
  path: z.string(),
  read_only: z.boolean().optional(),
  efs: z
    .strictObject({
      uid: z.int().optional(),
      gid: z.int().optional(),
      root_dir: z.string().startsWith("/", "must begin with /").optional(),
      id: z
        .string()
        .regex(/^fs-[0-9a-f]{8,17}$/, "must be the id of a file system, such as fs-0123456789abcdef0")
        .optional(),
      auth: z
        .strictObject({
          iam: z.boolean().optional(),
          access_point_id: z
            .string()
            .regex(
              /^fsap-[0-9a-f]{8,17}$/,
              "must be the id of an access point, such as fsap-0123456789abcdef0",
            )
            .optional(),
        })
        .optional(),
    })
    .optional(),
});

const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** The keys of a load-balanced web service that make sense for Holdfast, of all that Copilot 1.34.1 has. */
const keys = {
  image: z.strictObject({
    build: z.strictObject({ dockerfile: z.string(), context: z.string().optional() }),
    port: within(1, 65_535),
  }),
  http: z.strictObject({
    path: z.string(),
    healthcheck,
    stickiness: z.boolean(),
    deregistration_delay: durationBetween(0, 3_600),
    alias: domain.optional(),
    redirect_to_https: z.boolean().optional(),
    allowed_source_ips: z.array(z.cidrv4("must be a range of addresses, such as 192.0.2.0/24")).optional(),
  }),
  platform: z.enum(["linux/arm64", "linux/x86_64", "linux/amd64"]),
  cpu: z.int(),
  memory: z.int(),
  count,
  exec: z.boolean(),
  network: z.strictObject({ vpc: z.strictObject({ placement: z.enum(["private", "public"]) }) }),
  storage: z.strictObject({
    volumes: z.record(z.string(), volume),
    ephemeral: within(20, 200).optional(),
    readonly_fs: z.boolean().optional(),
  }),
  variables: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)),
  secrets: z.record(z.string(), z.string()).optional(),
  entrypoint: z.union([z.string(), z.array(z.string())]).optional(),
  command: z.union([z.string(), z.array(z.string())]).optional(),
  logging: z.strictObject({
    retention: z
      .int()
      .refine(
        (days) => (RETENTIONS as readonly number[]).includes(days),
        "is no retention that CloudWatch has",
      ),
  }),
  deployment: z.strictObject({ rolling: z.enum(["default", "recreate"]) }).optional(),
};

/** The manifest with the overrides of one environment merged in. */
export const serviceManifest = z.strictObject({
  name: z.string(),
  type: z.literal("Load Balanced Web Service"),
  ...keys,
});
export type ServiceManifest = z.output<typeof serviceManifest>;
