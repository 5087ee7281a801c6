import { hasCdn } from "../copilot/variant.ts";
import type { EnvironmentManifest } from "../manifests/environment-manifest.ts";
import type { ServiceManifest } from "../manifests/service-manifest.ts";
import { MANIFEST, type Report } from "../problem.ts";

type Environment = { name: string; file: string; manifest: EnvironmentManifest; service: ServiceManifest };

/** A name, and what can have it once only: a zone of Route 53, or CloudFront. */
type Claim = { name: string; holder: string; file: string; key: string };

/**
 * Names that two environments want for themselves, and those that Copilot refuses. It writes records of its own domain
 * without a look at what is there (UPSERT in cf-custom-resources/lib/custom-domain.js), so the environment that is
 * deployed last gets a name. With certificates of one's own, DNS is one's own too.
 */
export function nameProblems(environments: readonly Environment[], report: Report) {
  const owners = new Map<string, string>();
  for (const environment of environments) {
    refusedProblems(environment, report);
    for (const { name, holder, file, key } of claimsOf(environment)) {
      const owner = owners.get(`${name} ${holder}`) ?? environment.name;
      if (owner !== environment.name)
        report(
          file,
          key,
          `${name} is a name of ${owner} and of ${environment.name}, but ${holder} gives it to one of them: name each ` +
            "under environments, or write ${COPILOT_ENVIRONMENT_NAME} into it",
        );
      owners.set(`${name} ${holder}`, owner);
    }
  }
}

function claimsOf(environment: Environment): Claim[] {
  const { file, manifest, service } = environment;
  const { cdn } = manifest;
  const cloudFront = hasCdn({ environment: manifest }) ? ["CloudFront"] : [];
  const ofRules = rulesOf(service).flatMap(({ key, alias, hosted_zone: zone }) =>
    (alias ?? []).flatMap(({ name, hosted_zone: own = zone }) => {
      const zones = own === undefined ? [] : [`the zone ${own}`];
      const holders = isCertified(manifest) ? zones : ["Route 53"];
      return [...holders, ...cloudFront].map((holder) => ({
        ...{ name, holder, file: MANIFEST, key: `${key}.alias` },
      }));
    }),
  );
  const ofNlb = (service.nlb?.alias ?? []).map(({ name }) => ({
    ...{ name, holder: "Route 53", file: MANIFEST, key: "nlb.alias" },
  }));
  const assets = typeof cdn === "object" ? cdn.static_assets?.alias : undefined;
  const ofAssets = { holder: "CloudFront", file, key: "cdn.static_assets.alias" };
  return [...ofRules, ...ofNlb, ...(assets === undefined ? [] : [{ name: assets, ...ofAssets }])];
}

/** What `copilot svc deploy` refuses (validateRuntimeRoutingRule and validateNLBRuntime in internal/pkg/cli/deploy/lbws.go). */
function refusedProblems({ manifest, service }: Environment, report: Report) {
  for (const [index, { key, alias, hosted_zone: zone }] of rulesOf(service).entries()) {
    // Of the first it is told where the certificates are.
    if (isCertified(manifest) && alias === undefined && index > 0)
      report(MANIFEST, `${key}.alias`, "is missing: with certificates of its own, each rule needs names");
    if (zone === undefined && !alias?.some((each) => each.hosted_zone !== undefined)) continue;
    if (!isCertified(manifest))
      report(MANIFEST, `${key}.hosted_zone`, "needs http.public.certificates in the environment's manifest");
    else if (hasCdn({ environment: manifest }))
      report(MANIFEST, `${key}.hosted_zone`, "must not be with CloudFront: make its records by hand");
  }
  if (service.nlb?.alias !== undefined && manifest.http?.public?.certificates !== undefined)
    report(MANIFEST, "nlb.alias", "must not be with http.public.certificates in the environment's manifest");
}

function rulesOf({ http }: ServiceManifest) {
  return [
    { ...http, key: "http" },
    ...http.additional_rules.map((rule, index) => ({ ...rule, key: `http.additional_rules.${index}` })),
  ];
}

function isCertified({ http, cdn }: EnvironmentManifest): boolean {
  return (
    http?.public?.certificates !== undefined || (typeof cdn === "object" && cdn.certificate !== undefined)
  );
}
