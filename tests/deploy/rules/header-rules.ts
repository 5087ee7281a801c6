import type { Patched } from "../check-stack.ts";
import { isObject, listOf, oneOrMore, valueAt, type Json } from "../templates/parse-yaml.ts";
import type { Report } from "../problem.ts";

/** What browsers, the app's page, the load balancer and CloudFront by itself send. */
const KNOWN = new RegExp(
  "^(x-(forwarded-\\w+|amzn?-.*|(session|share|keyring|handoff)-id|file-name)|cloudfront-.*|sec-.*|if-.*|accept.*|" +
    "content-.*|authorization|cookie|host|origin|referer|user-agent|range|via|upgrade|last-event-id|cache-control)$",
);

/** A firewall that refuses everybody, or nobody. */
export function firewallProblems({ file, patched }: Patched, report: Report) {
  const hasCdn = "CloudFrontDistribution" in patched.Resources;
  for (const [id, { Type, Properties }] of Object.entries(patched.Resources)) {
    if (Type !== "AWS::WAFv2::WebACL") continue;
    const wrong = (key: string, message: string) =>
      report(file, `Resources.${id}.Properties.${key}`, message);
    if (valueAt(Properties, "DefaultAction", "Allow") === undefined)
      wrong("DefaultAction", "must be Allow, or everybody is refused");
    if (valueAt(Properties, "Scope") !== "REGIONAL") wrong("Scope", "must be REGIONAL at a load balancer");
    for (const [index, rule] of listOf(valueAt(Properties, "Rules")).entries()) {
      const rate = valueAt(rule, "Statement", "RateBasedStatement");
      if (rate === undefined) continue;
      if (valueAt(rule, "Action", "Count") !== undefined || valueAt(rule, "Action", "Allow") !== undefined)
        wrong(`Rules.${index}.Action`, "must be Block, or the rule limits nothing");
      addressProblems(rate, hasCdn, (key, message) =>
        wrong(`Rules.${index}.Statement.RateBasedStatement.${key}`, message),
      );
    }
  }
}

/** Whether a limit counts by the address of the client. */
function addressProblems(rate: Json, hasCdn: boolean, wrong: (key: string, message: string) => void) {
  const kind = valueAt(rate, "AggregateKeyType");
  const [header, fallback] = ["HeaderName", "FallbackBehavior"].map((key) =>
    valueAt(rate, "ForwardedIPConfig", key),
  );
  if (hasCdn && kind === "IP")
    wrong("AggregateKeyType", "must be FORWARDED_IP: all requests come from CloudFront's addresses");
  if (kind !== "FORWARDED_IP") return;
  if (!hasCdn)
    wrong(
      "AggregateKeyType",
      "must be IP without CloudFront: clients choose the address in a header, and are never limited",
    );
  if (header === undefined)
    wrong("ForwardedIPConfig", "is missing beside FORWARDED_IP, so that AWS refuses it");
  else if (!/^x-forwarded-for$/i.test(String(header)))
    wrong(
      "ForwardedIPConfig.HeaderName",
      `must be X-Forwarded-For, in which CloudFront names the client, is ${String(header)}`,
    );
  if (header !== undefined && !/^(NO_)?MATCH$/.test(String(fallback)))
    wrong("ForwardedIPConfig.FallbackBehavior", `must be MATCH or NO_MATCH, is ${String(fallback)}`);
}

type Asked = { file: string; key: string; name: string; values: string[] };

/** Rules of the load balancer and the firewall that ask for a header which is not sent, or for another value of it. */
export function headerProblems(service: Patched, environment: Patched, report: Report) {
  const sent = new Map<string, { name: string; value: Json }>();
  const distribution = valueAt(environment.patched.Resources.CloudFrontDistribution, "Properties");
  for (const origin of listOf(valueAt(distribution, "DistributionConfig", "Origins"))) {
    for (const header of listOf(valueAt(origin, "OriginCustomHeaders"))) {
      const [name, value = null] = ["HeaderName", "HeaderValue"].map((key) => valueAt(header, key));
      sent.set(String(name).toLowerCase(), { name: String(name), value });
    }
  }
  const names = [...sent.values()].map(({ name }) => name).join(", ");
  for (const { file, key, name, values } of [...askedBy(service, sent), ...askedBy(environment, sent)]) {
    const found = sent.get(name.toLowerCase());
    if (!found && !KNOWN.test(name.toLowerCase()))
      report(
        file,
        key,
        `asks for the header ${name}, which is never sent, so that everybody is refused: ` +
          (names === "" ? "let CloudFront send it (OriginCustomHeaders)" : `CloudFront sends ${names}`),
      );
    const isPlain = [found?.value, ...values].every(
      (each) => typeof each === "string" && !/[*?{]/.test(each),
    );
    if (found && isPlain && values.length > 0 && !values.includes(String(found.value)))
      report(
        file,
        key,
        `asks for another value of ${name} than CloudFront sends, so that everybody is refused`,
      );
  }
}

/** The headers that rules ask for. A rule beside Copilot's own may be for requests that something else sends. */
function askedBy({ file, rendered, patched }: Patched, sent: ReadonlyMap<string, unknown>): Asked[] {
  return Object.entries(patched.Resources).flatMap(([id, { Type, Properties }]) => {
    if (!(id in rendered.Resources) && sent.size === 0) return [];
    const key = `Resources.${id}.Properties`;
    if (Type === "AWS::ElasticLoadBalancingV2::ListenerRule")
      return listOf(valueAt(Properties, "Conditions")).flatMap((condition) => {
        const config = valueAt(condition, "HttpHeaderConfig");
        const name = valueAt(config, "HttpHeaderName");
        if (typeof name !== "string") return [];
        const values = oneOrMore(valueAt(config, "Values")).map((each) =>
          isObject(each) ? "*" : String(each),
        );
        return [{ file, key: `${key}.Conditions`, name, values }];
      });
    if (Type !== "AWS::WAFv2::WebACL") return [];
    const found = JSON.stringify(Properties ?? "").matchAll(/"SingleHeader":\{"Name":"([^"]+)"\}/g);
    return [...found].map(([, name]) => ({ file, key: `${key}.Rules`, name: name!, values: [] }));
  });
}
