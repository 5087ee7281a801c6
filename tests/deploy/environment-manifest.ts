import { z } from "zod";
import { orElse } from "./or-else.ts";
import type { Problem } from "./problem.ts";

const id = (prefix: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `must be an id such as ${prefix}-0123456789abcdef0`);
const range = z.cidrv4("must be a range of addresses, such as 10.0.0.0/16");
/** Copilot passes it on as one of IPv4. */
const cidr = z.cidrv4("must be a range of addresses, such as 192.0.2.0/24");
/** Of one's own VPC by id, or of Copilot's by its addresses and zone. */
const subnets = z
  .array(z.strictObject({ id: id("subnet").optional(), cidr: range.optional(), az: z.string().optional() }))
  .min(2, "must be two at least");
const securityGroupRule = z.strictObject({
  cidr,
  ip_protocol: z.union([z.string(), z.number()]).transform(String),
  ports: z.union([z.number(), z.string().regex(/^\d+(-\d+)?$/)], "must be a port, or a range such as 80-90"),
});
const sslPolicy = z
  .string()
  .regex(
    /^ELBSecurityPolicy-/,
    "must be a policy of load balancers, such as ELBSecurityPolicy-TLS13-1-2-2021-06",
  );
/** As it was written before `ingress`. */
const oldGroups = z.strictObject({
  ingress: z
    .strictObject({
      restrict_to: z.strictObject({ cdn: z.boolean().optional() }).optional(),
      from_vpc: z.boolean().optional(),
      vpc: z.boolean().optional(),
    })
    .optional(),
});
const certificate = (region: string, words: string) =>
  z.string().regex(new RegExp(`^arn:aws[a-z-]*:acm:${region}:\\d{12}:certificate/[0-9a-f-]+$`), words);
const certificates = z.array(certificate("[a-z0-9-]+", "must be the ARN of a certificate in ACM")).optional();

/** Every key of an environment that Copilot 1.34.1 has (its internal/pkg/manifest/env.go). */
export const environmentManifest = z.strictObject({
  name: z.string(),
  type: z.literal("Environment"),
  observability: z.strictObject({ container_insights: z.boolean() }).optional(),
  network: z
    .strictObject({
      vpc: z.strictObject({
        id: id("vpc").optional(),
        cidr: range.optional(),
        subnets: z.strictObject({ public: subnets, private: subnets }).optional(),
        security_group: z
          .strictObject({
            ingress: z.array(securityGroupRule).optional(),
            egress: z.array(securityGroupRule).optional(),
          })
          .optional(),
        flow_logs: orElse(z.boolean(), z.strictObject({ retention: z.int().optional() })).optional(),
      }),
    })
    .optional(),
  cdn: orElse(
    z.boolean(),
    z.strictObject({
      terminate_tls: z.boolean().optional(),
      certificate: certificate(
        "us-east-1",
        "must be the ARN of a certificate in us-east-1: CloudFront takes no other",
      ).optional(),
      static_assets: z.strictObject({ location: z.string(), alias: z.string(), path: z.string() }).optional(),
    }),
  ).optional(),
  http: z
    .strictObject({
      private: z
        .strictObject({
          subnets: z.array(id("subnet")).optional(),
          certificates,
          ingress: z.strictObject({ vpc: z.boolean().optional() }).optional(),
          security_groups: oldGroups.optional(),
          ssl_policy: sslPolicy.optional(),
        })
        .optional(),
      public: z
        .strictObject({
          security_groups: oldGroups.optional(),
          certificates,
          access_logs: orElse(
            z.boolean(),
            z.strictObject({ bucket_name: z.string().optional(), prefix: z.string().optional() }),
          ).optional(),
          ssl_policy: sslPolicy.optional(),
          ingress: z
            .strictObject({
              cdn: z.boolean().optional(),
              source_ips: z.array(cidr).optional(),
            })
            .optional(),
        })
        .optional(),
    })
    .optional(),
});
export type EnvironmentManifest = z.output<typeof environmentManifest>;

/** What AWS refuses, or what does not work, although each key by itself is right. */
export function environmentProblems(manifest: EnvironmentManifest, folder: string): Problem[] {
  const problems: Problem[] = [];
  const wrong = (key: string, message: string) => problems.push({ key, message });
  const vpc = manifest.network?.vpc;
  const restricted = manifest.http?.public?.ingress?.cdn === true;
  const hasCdn = manifest.cdn !== undefined && manifest.cdn !== false;

  if (manifest.name !== folder) wrong("name", `must be that of its folder, ${folder}`);
  if (vpc?.id !== undefined && vpc.cidr !== undefined) wrong("network.vpc.cidr", "cannot stand beside id");
  if (vpc?.id !== undefined && vpc.subnets === undefined) {
    wrong("network.vpc.subnets", "is missing: the subnets of your own VPC");
  }
  if (vpc?.id === undefined && vpc?.cidr === undefined && vpc?.subnets !== undefined) {
    wrong("network.vpc.id", "is missing: the VPC that the subnets are in");
  }
  subnetProblems(vpc, wrong);
  for (const [index, rule] of (vpc?.security_group?.ingress ?? []).entries()) {
    if (["0.0.0.0/0", "::/0"].includes(rule.cidr))
      wrong(`network.vpc.security_group.ingress.${index}`, "lets everybody in, past the load balancer");
  }
  if (restricted && !hasCdn) wrong("http.public.ingress.cdn", "lets nobody in as long as there is no cdn");
  if (hasCdn && !restricted) {
    wrong(
      "http.public.ingress.cdn",
      "must be true, or everybody can go past CloudFront to the load balancer",
    );
  }
  if (hasCdn && manifest.http?.public?.ingress?.source_ips) {
    wrong("http.public.ingress.source_ips", "keeps CloudFront out");
  }
  const certificates = manifest.http?.public?.certificates;
  const ofCdn = typeof manifest.cdn === "object" ? manifest.cdn.certificate : undefined;
  if (ofCdn !== undefined && !certificates)
    wrong("http.public.certificates", "is missing: Copilot wants it beside cdn.certificate");
  if (hasCdn && certificates && ofCdn === undefined)
    wrong("cdn.certificate", "is missing: Copilot wants it beside http.public.certificates");
  if (typeof manifest.cdn === "object" && manifest.cdn.certificate && !manifest.cdn.terminate_tls) {
    wrong("cdn.terminate_tls", "must be true beside a certificate for CloudFront");
  }
  return problems;
}

type Vpc = NonNullable<EnvironmentManifest["network"]>["vpc"];

/** Subnets are two of each kind at least, all by id or all by addresses, and in the same zones. */
function subnetProblems(vpc: Vpc | undefined, wrong: (key: string, message: string) => void) {
  if (vpc?.subnets === undefined) return;
  const { public: outer, private: inner } = vpc.subnets;
  const all = [...outer, ...inner];
  const key = "network.vpc.subnets";
  const named = (part: "id" | "cidr" | "az", list = all) => list.flatMap((subnet) => subnet[part] ?? []);
  for (const part of ["id", "cidr"] as const) {
    if (new Set(named(part)).size < named(part).length) wrong(key, "names a subnet twice");
  }
  if (all.some((subnet) => subnet.id !== undefined && (subnet.cidr ?? subnet.az) !== undefined))
    wrong(key, "has an id beside cidr or az, which are for a VPC that Copilot makes");
  if (vpc.id !== undefined && named("id").length < all.length) wrong(key, "must all have an id");
  if (vpc.id === undefined && vpc.cidr !== undefined) {
    if (named("cidr").length < all.length) wrong(key, "must all have a cidr");
    const zones = [outer, inner].map((list) => [...new Set(named("az", list))].toSorted().join());
    if (zones[0] !== zones[1]) wrong(key, "must be in the same zones, public and private");
    if (outer.length !== inner.length) wrong(key, "must be as many public as private ones");
  }
}
