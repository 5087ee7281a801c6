import { z } from "zod";
import { durationBetween } from "./duration.ts";
import { orElse } from "./or-else.ts";

// Parts of Copilot's manifests that stand under several keys.

export const within = (min: number, max: number) =>
  z
    .int("must be a whole number")
    .min(min, `must be from ${min} to ${max}`)
    .max(max, `must be from ${min} to ${max}`);

/** An id that AWS has given, such as that of a subnet. */
export const awsId = (prefix: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `must be an id such as ${prefix}-0123456789abcdef0`);

/** One of these words, in capitals or not. */
export const anyCase = <const Words extends readonly string[]>(...words: Words) =>
  z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(words));

/** True or false, in the words of YAML 1.1 too, which Copilot takes where it wants nothing else. */
export const flag = z.preprocess((given) => {
  if (typeof given !== "string") return given;
  if (/^(y|yes|on)$/i.test(given)) return true;
  return /^(n|no|off)$/i.test(given) ? false : given;
}, z.boolean());

export const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
export const retention = z
  .int()
  .refine((days) => RETENTIONS.includes(days), "is no retention that CloudWatch has");

export const cidr = z.union([z.cidrv4(), z.cidrv6()], "must be a range of addresses, such as 192.0.2.0/24");

/** Whether a range of addresses is so large that it stands for the whole internet. */
export function isOfEverybody(range: string): boolean {
  return /\/[0-7]$/.test(range);
}

/** What another stack exports. */
export const fromCfn = z.strictObject({ from_cfn: z.string().min(1, "must be the name of an export") });

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
export const variable = orElse(scalar, fromCfn);

/** The name or ARN of a parameter of SSM or of a secret, or the name of a secret in Secrets Manager. */
export const secret = orElse(
  z.string(),
  orElse(z.strictObject({ secretsmanager: z.string().min(1, "must be the name of a secret") }), fromCfn),
);
export type Secret = z.output<typeof secret>;

export const envFile = z.string().endsWith(".env", "must be a file whose name ends in .env");
export const command = z.union([z.string(), z.array(z.string())]);

/** Copilot puts the application's name in the place of its variable. */
const domain = z
  .string()
  .refine(
    (name) =>
      /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/.test(
        name.replaceAll("${COPILOT_APPLICATION_NAME}", "app"),
      ),
    "must be a domain name",
  );
/** One name, a list of names, or a list of names with their zones. */
export const aliases = z.preprocess(
  (given) => (typeof given === "string" ? [given] : given),
  z.array(
    orElse(
      domain.transform((name): Alias => ({ name })),
      z.strictObject({ name: domain, hosted_zone: z.string().optional() }),
    ),
  ),
);
export type Alias = { name: string; hosted_zone?: string | undefined };

export const build = orElse(
  z.string().transform((dockerfile) => ({
    dockerfile,
    context: undefined,
    args: undefined,
    target: undefined,
    cache_from: undefined,
  })),
  z.strictObject({
    dockerfile: z.string().optional(),
    context: z.string().optional(),
    args: z.record(z.string(), scalar).optional(),
    target: z.string().optional(),
    cache_from: z.array(z.string()).optional(),
  }),
);

export const containerHealthcheck = z.strictObject({
  command: z.array(z.string()).optional(),
  interval: durationBetween(5, 300).optional(),
  retries: within(1, 10).optional(),
  timeout: durationBetween(2, 60).optional(),
  start_period: durationBetween(0, 300).optional(),
});

export const dependsOn = z.record(z.string(), anyCase("start", "complete", "success", "healthy"));

/** `8080`, `"8080"` or `8080/tcp`. */
export const portMapping = (...protocols: string[]) =>
  z.preprocess(
    String,
    z
      .string()
      .regex(
        new RegExp(`^\\d{1,5}(/(${protocols.join("|")}))?$`, "i"),
        `must be a port such as 8080 or 8080/${protocols[0]!}`,
      ),
  );

export const sidecar = z.strictObject({
  port: portMapping("tcp", "udp").optional(),
  image: orElse(
    z.string(),
    z
      .strictObject({ build: build.optional(), location: z.string().optional() })
      .refine(
        (given) => (given.build === undefined) !== (given.location === undefined),
        "must have either build or location",
      ),
  ),
  essential: flag.optional(),
  credentialsParameter: z.string().optional(),
  variables: z.record(z.string(), variable).optional(),
  env_file: envFile.optional(),
  secrets: z.record(z.string(), secret).optional(),
  mount_points: z
    .array(z.strictObject({ source_volume: z.string(), path: z.string(), read_only: flag.optional() }))
    .optional(),
  labels: z.record(z.string(), z.string()).optional(),
  depends_on: dependsOn.optional(),
  healthcheck: containerHealthcheck.optional(),
  entrypoint: command.optional(),
  command: command.optional(),
});
export type Sidecar = z.output<typeof sidecar>;

/** Each tag with a value or several. */
export const subnetsByTag = z.strictObject({ from_tags: z.record(z.string(), command) });
