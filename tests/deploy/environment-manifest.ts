import { z } from "zod";
import { orElse } from "./or-else.ts";

const id = (prefix: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `must be an id such as ${prefix}-0123456789abcdef0`);
const subnets = z.array(z.strictObject({ id: id("subnet") })).min(2, "must be two at least");
const certificate = (region: string, words: string) =>
  z.string().regex(new RegExp(`^arn:aws[a-z-]*:acm:${region}:\\d{12}:certificate/[0-9a-f-]+$`), words);

/** The keys of an environment that make sense for Holdfast, of all that Copilot 1.34.1 has. */
export const environmentManifest = z.strictObject({
  name: z.string(),
  type: z.literal("Environment"),
  observability: z.strictObject({ container_insights: z.boolean() }).optional(),
  network: z
    .strictObject({
      vpc: z.strictObject({
        id: id("vpc").optional(),
        cidr: z.cidrv4("must be a range of addresses, such as 10.0.0.0/16").optional(),
        subnets: z.strictObject({ public: subnets, private: subnets }).optional(),
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
    }),
  ).optional(),
  http: z
    .strictObject({
      public: z.strictObject({
        certificates: z
          .array(certificate("[a-z0-9-]+", "must be the ARN of a certificate in ACM"))
          .optional(),
        access_logs: orElse(
          z.boolean(),
          z.strictObject({ bucket_name: z.string().optional(), prefix: z.string().optional() }),
        ).optional(),
        ssl_policy: z
          .string()
          .regex(
            /^ELBSecurityPolicy-/,
            "must be a policy of load balancers, such as ELBSecurityPolicy-TLS13-1-2-2021-06",
          )
          .optional(),
        ingress: z
          .strictObject({
            cdn: z.boolean().optional(),
            source_ips: z.array(z.cidrv4("must be a range of addresses, such as 192.0.2.0/24")).optional(),
          })
          .optional(),
      }),
    })
    .optional(),
});
export type EnvironmentManifest = z.output<typeof environmentManifest>;

type Problem = { key: string; message: string };

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
  if (vpc?.id === undefined && vpc?.subnets !== undefined) {
    wrong("network.vpc.id", "is missing: the VPC that the subnets are in");
  }
  const ids = [...(vpc?.subnets?.public ?? []), ...(vpc?.subnets?.private ?? [])].map((subnet) => subnet.id);
  if (new Set(ids).size < ids.length) wrong("network.vpc.subnets", "names a subnet twice");
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
  if (typeof manifest.cdn === "object" && manifest.cdn.certificate && !manifest.cdn.terminate_tls) {
    wrong("cdn.terminate_tls", "must be true beside a certificate for CloudFront");
  }
  return problems;
}
