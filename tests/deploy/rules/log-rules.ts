import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { METRIC_UNITS } from "~/telemetry/metrics";
import { isObject, oneOrMore, valueAt, type Json } from "../templates/parse-yaml.ts";
import type { Found } from "../problem.ts";
import { words } from "../words.ts";

/** Fields of the log's lines (app/telemetry/create-log.ts and those who write), without what is inside them. */
export const LOG_FIELDS = words(`
  level time node msg err reply session model epoch status inputTokens outputTokens code timeToFirstTokenMs durationMs
  retries method route bytes aborted instance call dataDir replies from attachment rev reason budget tokens dollars
  provider deadlineMs variable share models server named`);
const OF_METRICS = ["_aws", "Application", "Environment", "Service", ...Object.keys(METRIC_UNITS)];
const LEVELS = words("fatal error warn info debug trace");
/** A reply's end; numbers are those of a request. */
const STATUSES = words("complete stopped failed interrupted");

const COMMANDS = words(
  "fields filter stats sort limit parse display dedup unmask pattern diff unnest filterIndex lookup join anomaly source",
);
const FUNCTIONS = words(`
  count count_distinct sum avg min max pct stddev latest earliest sortsFirst sortsLast bin abs ceil floor greatest least
  log sqrt datefloor dateceil fromMillis toMillis now ispresent coalesce isempty isblank concat ltrim rtrim trim strlen
  toupper tolower substr replace strcontains isValidIp isValidIpv4 isValidIpv6 isIpInSubnet isIpv4InSubnet
  isIpv6InSubnet jsonParse jsonStringify if case`);
const KEYWORDS = words("and or not in like as by asc desc true false null");
const MOST_RESULTS = 10_000;
const GROUP = "/copilot/${App}-${Env}-${Name}";

let sources: string | undefined;
/** What the app is written in, where the words of its log stand. */
const source = () =>
  (sources ??= globSync("**/*.{ts,tsx}", { cwd: APP, exclude: ["**/*.test.*"] })
    .map((file) => readFileSync(`${APP}/${file}`, "utf8"))
    .join("\n"));
const APP = fileURLToPath(new URL("../../../app", import.meta.url));

const isField = (name: string) =>
  name.startsWith("@") || [...LOG_FIELDS, ...OF_METRICS].includes(name.split(".")[0]!);

/** A query of Logs Insights that CloudWatch refuses, or that finds nothing. */
export function logQueryProblems(text: string, wrong: (message: string) => void) {
  const regexes = [...text.matchAll(/\/((?:[^/\\\n]|\\.)+)\//g)].map(([, regex]) => regex!);
  // What is quoted is told apart from names.
  const bare = text
    .replaceAll(/\/(?:[^/\\\n]|\\.)+\//g, '""')
    .replaceAll(/"[^"]*"|'[^']*'/g, '""')
    .replaceAll(/#.*/g, "");
  const made = new Set([
    ...regexes.flatMap((regex) => [...regex.matchAll(/\(\?<(\w+)>/g)].map(([, name]) => name!)),
    ...[...bare.matchAll(/\bas\s+([\w, ]+)/gi)].flatMap(([, list]) => list!.split(/[ ,]+/)),
  ]);
  for (const command of bare
    .split("|")
    .map((each) => each.trim())
    .filter(Boolean)) {
    const [name = ""] = /^\w+/.exec(command) ?? [];
    if (!COMMANDS.includes(name)) wrong(`${name || command} is no command, such as filter`);
    const [, results] = /^limit\s+(\d+)/.exec(command) ?? [];
    if (Number(results) > MOST_RESULTS) wrong(`limit must be ${MOST_RESULTS} at most, is ${results!}`);
    for (const [, word, call] of command
      .slice(name.length)
      .matchAll(/(?<![\w.@$])([@A-Za-z_][\w.@]*)\s*(\()?/g)) {
      const isKnown =
        KEYWORDS.includes(word!.toLowerCase()) ||
        made.has(word!) ||
        (call ? FUNCTIONS.includes(word!) : isField(word!));
      if (!isKnown) wrong(call ? `${word!} is no function, such as pct` : `the log has no field ${word!}`);
    }
  }
  wordProblems(text, regexes, wrong);
}

/** Values that a field never has. */
function wordProblems(text: string, regexes: readonly string[], wrong: (message: string) => void) {
  for (const [, message] of text.matchAll(/\bmsg\s*=\s*["']([^"']+)["']/g)) {
    if (![`"${message}"`, `\`${message}\``].some((each) => source().includes(each)))
      wrong(`the app writes no message “${message!}”`);
  }
  const isAboutMessages = /\bmsg\s+(not\s+)?like\b/.test(text);
  const parts = isAboutMessages ? regexes.flatMap((regex) => regex.split("|")) : [];
  for (const part of parts.filter((each) => /^[\w' ]{4,}$/.test(each))) {
    if (!source().includes(part)) wrong(`the app writes no message with “${part}”`);
  }
  if (/\blevel\s*([<>]|(!?=)\s*\d)/.test(text)) wrong(`level is a word: ${LEVELS.join(", ")}`);
  for (const [, field, list] of text.matchAll(
    /\b(level|status)\s*(?:not\s+)?(?:=|!=|in)\s*(\[[^\]]*\]|["'][^"']*["'])/g,
  )) {
    const allowed = field === "level" ? LEVELS : STATUSES;
    for (const [, word] of list!.matchAll(/["']([^"']*)["']/g)) {
      if (!allowed.includes(word!)) wrong(`${field!} is never ${word!}, but ${allowed.join(", ")}`);
    }
  }
}

/** A number that CloudWatch counts from the log. */
export function metricFilterProblems(properties: Json | undefined, wrong: Found) {
  const group = valueAt(properties, "LogGroupName");
  const name = isObject(group) ? valueAt(group, "Fn::Sub") : group;
  if (typeof name === "string" && name !== GROUP) {
    if (name.includes("${")) wrong("LogGroupName", `must be ${GROUP}, is ${name}`);
    return;
  }
  for (const [, field] of String(valueAt(properties, "FilterPattern")).matchAll(/\$\.([\w.]+)/g)) {
    if (!isField(field!)) wrong("FilterPattern", `the log has no field ${field!}`);
  }
  for (const each of oneOrMore(valueAt(properties, "MetricTransformations"))) {
    const namespace = String(valueAt(each, "MetricNamespace"));
    if (namespace.startsWith("AWS/"))
      wrong("MetricTransformations", `${namespace} is AWS's own: choose another MetricNamespace`);
  }
}
