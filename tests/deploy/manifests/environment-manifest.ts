import { z } from "zod";
import { awsId, flag, isOfEverybody, retention } from "./manifest-parts.ts";
import { orElse } from "./or-else.ts";
import type { Found, Problem } from "../problem.ts";

/** What a VPC may have, and a subnet. */
const range = z
  .cidrv4("must be a range of addresses, such as 10.0.0.0/16")
  .regex(/\/(1[6-9]|2[0-8])$/, "must be from /16 to /28, which is what AWS takes");
/** Copilot passes it on as one of IPv4. */
const cidr = z.cidrv4("must be a range of addresses, such as 192.0.2.0/24");
const zone = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z-\d]*[a-z]$/, "must be a zone, such as us-east-1a");
/** Of one's own VPC by id, or of Copilot's by its addresses and zone. */
const subnets = z
  .array(z.strictObject({ id: awsId("subnet").optional(), cidr: range.optional(), az: zone.optional() }))
  .min(2, "must be two at least");
const securityGroupRule = z.strictObject({
  cidr,
  ip_protocol: z
    .union([z.string(), z.number()])
    .transform(String)
    .pipe(
      z
        .string()
        .regex(
          /^(tcp|udp|icmp|icmpv6|-1|\d{1,3})$/,
          "must be tcp, udp, icmp, icmpv6, a number, or -1 for all",
        ),
    ),
  ports: z
    .union([z.number(), z.string().regex(/^\d+(-\d+)?$/)], "must be a port, or a range such as 80-90")
    .refine((given) => {
      const [from, to = from] = String(given).split("-").map(Number);
      return from! <= to! && to! <= 65_535;
    }, "must be from 0 to 65535, the lower one first"),
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
      restrict_to: z.strictObject({ cdn: flag.optional() }).optional(),
      from_vpc: flag.optional(),
      vpc: flag.optional(),
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
  observability: z.strictObject({ container_insights: flag }).optional(),
  network: z
    .strictObject({
      vpc: z.strictObject({
        id: awsId("vpc").optional(),
        cidr: range.optional(),
        subnets: z.strictObject({ public: subnets, private: subnets }).optional(),
        security_group: z
          .strictObject({
            ingress: z.array(securityGroupRule).optional(),
            egress: z.array(securityGroupRule).optional(),
          })
          .optional(),
        flow_logs: orElse(flag, z.strictObject({ retention: retention.optional() })).optional(),
      }),
    })
    .optional(),
  cdn: orElse(
    flag,
    z.strictObject({
      terminate_tls: flag.optional(),
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
          subnets: z.array(awsId("subnet")).optional(),
          certificates,
          ingress: z.strictObject({ vpc: flag.optional() }).optional(),
          security_groups: oldGroups.optional(),
          ssl_policy: sslPolicy.optional(),
        })
        .optional(),
      public: z
        .strictObject({
          security_groups: oldGroups.optional(),
          certificates,
          access_logs: orElse(
            flag,
            z.strictObject({
              bucket_name: z
                .string()
                .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be the name of a bucket, not its ARN")
                .optional(),
              prefix: z
                .string()
                .regex(/^(?!.*AWSLogs)/, "must not have AWSLogs in it, which the load balancer adds")
                .regex(/^(?!\/).*(?<!\/)$/, "must not begin or end with a slash")
                .optional(),
            }),
          ).optional(),
          ssl_policy: sslPolicy.optional(),
          ingress: z
            .strictObject({
              cdn: flag.optional(),
              source_ips: z
                .array(cidr)
                .min(1, "must name one at least: without any, everybody gets in")
                .optional(),
            })
            .optional(),
        })
        .optional(),
    })
    .optional(),
});
export type EnvironmentManifest = z.output<typeof environmentManifest>;

/** Whether the load balancer takes requests from CloudFront only, in today's words or in those before `ingress`. */
export function isForCdnOnly({ http }: EnvironmentManifest): boolean {
  const given = http?.public;
  return (given?.ingress?.cdn ?? given?.security_groups?.ingress?.restrict_to?.cdn) === true;
}

/** What AWS refuses, or what does not work, although each key by itself is right. */
export function environmentProblems(manifest: EnvironmentManifest, folder: string): Problem[] {
  const problems: Problem[] = [];
  const wrong = (key: string, message: string) => problems.push({ key, message });
  const vpc = manifest.network?.vpc;
  const restricted = isForCdnOnly(manifest);
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
    if (isOfEverybody(rule.cidr))
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

const SMALLEST_OF_A_LOAD_BALANCER = 27;

type Vpc = NonNullable<EnvironmentManifest["network"]>["vpc"];

/** Subnets are two of each kind at least, all by id or all by addresses, and in the same zones. */
function subnetProblems(vpc: Vpc | undefined, wrong: Found) {
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
  for (const [part, list] of [
    ["public", outer],
    ["private", inner],
  ] as const) {
    const zones = named("az", list);
    if (new Set(zones).size < zones.length)
      wrong(
        `${key}.${part}`,
        "must be in a zone of its own each: a load balancer and a volume take one subnet of a zone",
      );
  }
  for (const [index, { cidr: given }] of outer.entries()) {
    if (Number(given?.split("/")[1] ?? 0) > SMALLEST_OF_A_LOAD_BALANCER)
      wrong(
        `${key}.public.${index}`,
        `must be /${SMALLEST_OF_A_LOAD_BALANCER} or larger, which a load balancer needs`,
      );
  }
  if (vpc.id !== undefined && named("id").length < all.length) wrong(key, "must all have an id");
  if (vpc.id === undefined && vpc.cidr !== undefined) {
    if (named("cidr").length < all.length) wrong(key, "must all have a cidr");
    const zones = [outer, inner].map((list) => [...new Set(named("az", list))].toSorted().join());
    if (zones[0] !== zones[1]) wrong(key, "must be in the same zones, public and private");
    if (outer.length !== inner.length) wrong(key, "must be as many public as private ones");
  }
}
