import { isMade, type Patched } from "../check-stack.ts";
import { isCountry } from "./firewall-values.ts";
import { isObject, listOf, oneOrMore, valueAt, type Json } from "../templates/parse-yaml.ts";
import { below, type Found } from "../problem.ts";

/** Of CloudFront's own policies: that which keeps nothing, and those that pass all headers of the viewer on. */
const KEEPS_NOTHING = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const PASSES_ALL = ["216adef6-5c7f-47e4-b989-5492eafa07d3", "33f36d7e-f396-46d9-90e0-52428a34d9dc"];
const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
/** Files whose names change with their content, so that a cache may keep them. */
const BUILT = /^\/?(build|assets)\//;
/** CloudFront's own silence, and how often the app writes (HEARTBEAT_SECONDS). */
const READ_TIMEOUT_S = 30;
const BUCKET = /\.s3([.-][a-z0-9-]+)?\.amazonaws\.com$/;

/** What a distribution keeps, drops or answers in the app's place. */
export function distributionProblems(stack: Patched, heartbeatSeconds: number, found: Found) {
  const id = "CloudFrontDistribution";
  if (!isMade(stack, id)) return;
  const config = valueAt(stack.patched.Resources[id], "Properties", "DistributionConfig");
  const wrong = below(`Resources.${id}.Properties.DistributionConfig`, found);
  if (!isObject(config)) return;
  const origins = listOf(config.Origins).map((each) => JSON.stringify(valueAt(each, "Id")));
  for (const [index, behaviour] of listOf(config.CacheBehaviors).entries()) {
    const at = below(`CacheBehaviors.${index}`, wrong);
    const target = valueAt(behaviour, "TargetOriginId");
    if (!origins.includes(JSON.stringify(target)))
      at("TargetOriginId", `is no origin: ${origins.join(", ")}`);
    if (!BUILT.test(String(valueAt(behaviour, "PathPattern")))) behaviourProblems(behaviour, at);
  }
  const behaviours = [config.DefaultCacheBehavior, ...listOf(config.CacheBehaviors)];
  if (behaviours.some((each) => valueAt(each, "ViewerProtocolPolicy") === "allow-all"))
    wrong(
      "DefaultCacheBehavior.ViewerProtocolPolicy",
      "must be redirect-to-https, or access codes go in the clear",
    );
  for (const [index, origin] of listOf(config.Origins).entries())
    originProblems(origin, heartbeatSeconds, below(`Origins.${index}`, wrong));
  for (const [index, answer] of listOf(config.CustomErrorResponses).entries()) {
    if (valueAt(answer, "ResponsePagePath") !== undefined)
      wrong(`CustomErrorResponses.${index}`, "answers the API by a page: remove ResponsePagePath");
    if (Number(valueAt(answer, "ErrorCachingMinTTL") ?? 0) > 10)
      wrong(
        `CustomErrorResponses.${index}`,
        "keeps an error after its cause is gone: ErrorCachingMinTTL must be 10 at most",
      );
  }
  settingsProblems(config, wrong);
}

/** Everything but built files is of one person, and changes. */
function behaviourProblems(behaviour: Json, at: Found) {
  const [path, cache, passes, methods] = [
    "PathPattern",
    "CachePolicyId",
    "OriginRequestPolicyId",
    "AllowedMethods",
  ].map((key) => valueAt(behaviour, key));
  if (typeof cache !== "string" || cache !== KEEPS_NOTHING)
    at("CachePolicyId", `must be ${KEEPS_NOTHING}, or one's answers to ${String(path)} are given to another`);
  if (!PASSES_ALL.includes(String(passes)))
    at(
      "OriginRequestPolicyId",
      `must be ${PASSES_ALL[0]!}, or the app does not get cookies and X-Session-Id`,
    );
  const missing = METHODS.filter((method) => !oneOrMore(methods).includes(method));
  if (missing.length > 0) at("AllowedMethods", `must have ${missing.join(", ")} too`);
}

function originProblems(origin: Json, heartbeatSeconds: number, at: Found) {
  const custom = (key: string) => valueAt(origin, "CustomOriginConfig", key);
  if (custom("OriginProtocolPolicy") === undefined) return;
  if (!["", "undefined"].includes(String(valueAt(origin, "OriginPath"))))
    at("OriginPath", "must be away: the app serves from the root");
  if (!["80", "undefined"].includes(String(custom("HTTPPort"))))
    at("CustomOriginConfig.HTTPPort", "must be 80, where the load balancer listens");
  const silence = Number(custom("OriginReadTimeout") ?? READ_TIMEOUT_S);
  if (heartbeatSeconds * 2 >= silence)
    at(
      "CustomOriginConfig.OriginReadTimeout",
      `must be more than twice HEARTBEAT_SECONDS (${heartbeatSeconds}), is ${silence}: silent streams are cut`,
    );
  const patience = Number(valueAt(origin, "ConnectionTimeout") ?? 10);
  if (!(patience >= 1 && patience <= 10)) at("ConnectionTimeout", `must be from 1 to 10, is ${patience}`);
}

const isOf = (form: RegExp) => (value: Json | undefined) => typeof value !== "string" || form.test(value);

function settingsProblems(config: Json, wrong: Found) {
  const say = (key: string, isRight: (value: Json | undefined) => boolean, message: string) => {
    const value = valueAt(config, ...key.split("."));
    if (value !== undefined && !isRight(value)) wrong(key, message);
  };
  say("DefaultRootObject", (value) => value === "", "must be away: the app has no such page");
  say("Staging", (value) => String(value) === "false", "must be false, or nobody is sent here");
  say("Enabled", (value) => String(value) !== "false", "must be true, or nobody is answered");
  say("Logging.Bucket", isOf(BUCKET), "must be the domain of a bucket, such as my-logs.s3.amazonaws.com");
  say(
    "HttpVersion",
    (value) => /^http(1\.1|2|2and3)$/i.test(String(value)),
    "must be http2 or http2and3: others find nothing",
  );
  say(
    "ViewerCertificate.SslSupportMethod",
    (value) => value !== "vip",
    "must be sni-only: addresses of one's own cost 600 dollars a month",
  );
  say(
    "WebACLId",
    (value) => typeof value === "string" && /^(arn:.*:global\/webacl\/|reference|import)/.test(value),
    "must be the ARN of a global firewall (CLOUDFRONT, in us-east-1): the load balancer's is of a region",
  );
  const countries = listOf(valueAt(config, "Restrictions", "GeoRestriction", "Locations"));
  const unknown = countries.find((each) => typeof each === "string" && !isCountry(each));
  if (unknown !== undefined) wrong("Restrictions", `${String(unknown)} is no country, such as GB`);
  const alias = listOf(valueAt(config, "Aliases")).find((each) => /\//.test(String(each)));
  if (alias !== undefined) wrong("Aliases", `must be domains, is ${String(alias)}`);
}
