import type { Found } from "../problem.ts";
import { duration } from "../manifests/duration.ts";
import { OF_A_SECRET } from "./trust-rules.ts";
import {
  isObject,
  listOf,
  object,
  oneOrMore,
  valueAt,
  type Json,
  type JsonObject,
} from "../templates/parse-yaml.ts";

/** What values of a service may be, of the Compose Specification. Docker refuses others. */
const FORMS: readonly (readonly [path: string, form: RegExp, words: string])[] = [
  ["restart", /^(no|always|unless-stopped|on-failure(:\d+)?)$/, "no, always, unless-stopped or on-failure"],
  [
    "pull_policy",
    /^(always|never|missing|if_not_present|build|daily|weekly|every_\w+)$/,
    "always, never, missing or build",
  ],
  [
    "platform",
    /^[a-z]+(\/(amd64|x86_64|arm64|arm|386|ppc64le|s390x|riscv64)(\/v\d)?)?$/,
    "such as linux/arm64",
  ],
  ["cpus", /^\d*\.?\d+$/, "a number"],
  ["mem_limit", /^\d+(\.\d+)?\s*([kmg]?b?)$/i, "a size such as 1g"],
  ["deploy.resources.limits.memory", /^\d+(\.\d+)?\s*([kmg]?b?)$/i, "a size such as 1G"],
  [
    "logging.driver",
    /^(json-file|local|journald|syslog|gelf|fluentd|awslogs|splunk|gcplogs|etwlogs|none)$/,
    "a driver such as local",
  ],
  ["logging.options.max-size", /^\d+[kmg]$/i, "a size with its unit, such as 10m"],
  ["deploy.restart_policy.condition", /^(none|on-failure|any)$/, "none, on-failure or any"],
];
const CHECK_KEYS = ["test", "interval", "timeout", "retries", "start_period", "start_interval", "disable"];
const SECURITY =
  /^(no-new-privileges([:=](true|false))?|(seccomp|apparmor|label|systempaths|credentialspec)[:=].+)$/;
const MOUNTS = ["volume", "bind", "tmpfs", "image", "npipe", "cluster"];

export type Sections = {
  services: JsonObject;
  networks: JsonObject;
  secrets: JsonObject;
  configs: JsonObject;
};

/** What Docker refuses of any service, but for its keys. */
export function serviceForm(service: JsonObject, sections: Sections, found: Found) {
  for (const [path, form, words] of FORMS) {
    const value = valueAt(service, ...path.split("."));
    if (value !== undefined && !String(value).includes("$") && !form.test(String(value)))
      found(path, `must be ${words}, is ${JSON.stringify(value)}`);
  }
  if (!["build", "image", "extends", "provider"].some((key) => key in service))
    found("image", "is missing: either build or image");
  const check = object(service.healthcheck);
  for (const key of Object.keys(check)) {
    if (!CHECK_KEYS.includes(key) && !key.startsWith("x-"))
      found(`healthcheck.${key}`, "is no key of a check");
  }
  if (Array.isArray(check.test) && !/^(NONE|CMD|CMD-SHELL)$/.test(String(check.test[0])))
    found("healthcheck.test", "must begin with CMD, CMD-SHELL or NONE, or be one text");
  for (const option of listOf(service.security_opt).map(String)) {
    if (!SECURITY.test(option)) found("security_opt", `${option} is no option that Docker has`);
  }
  for (const mount of listOf(service.volumes)) {
    if (isObject(mount) && !MOUNTS.includes(String(mount.type)))
      found("volumes", `type must be one of ${MOUNTS.join(", ")}, is ${String(mount.type)}`);
  }
  if (isObject(service.env_file)) found("env_file", "must be a path or a list: begin the line with a dash");
  for (const name of networksOf(service)) {
    if (name !== "default" && !(name in sections.networks)) found("networks", `there is no network ${name}`);
  }
  for (const kind of ["secrets", "configs"] as const) {
    for (const each of listOf(service[kind])) {
      const name = isObject(each) ? String(each.source) : String(each);
      if (!(name in sections[kind])) found(kind, `there is no ${kind.slice(0, -1)} ${name}`);
    }
  }
}

/** The networks that a service is in, of those that Compose makes. */
export function networksOf({ networks, network_mode: mode }: JsonObject): string[] {
  if (mode !== undefined) return [];
  if (networks === undefined || networks === null) return ["default"];
  return Array.isArray(networks) ? networks.map(String) : Object.keys(networks);
}

/** The services that one waits for, by a list or by their conditions. */
export function waitedFor(service: Json | undefined): string[] {
  const names = valueAt(service, "depends_on");
  return Array.isArray(names) ? names.map(String) : Object.keys(object(names));
}

/** Names by which other containers reach a service. */
export function namesOf(name: string, service: Json): string[] {
  const networks = valueAt(service, "networks");
  const aliases = Object.values(object(networks)).flatMap((each) => listOf(valueAt(each, "aliases")));
  return [
    name,
    ...[valueAt(service, "container_name"), valueAt(service, "hostname"), ...aliases]
      .flatMap((each) => each ?? [])
      .map(String),
  ];
}

/** Names that `extra_hosts` gives to addresses, as a list or as a map. */
export function hostsOf({ extra_hosts: given }: JsonObject): string[] {
  return isObject(given) ? Object.keys(given) : listOf(given).map((each) => String(each).split(/[:=]/)[0]!);
}

/** Whether Docker starts a service again, after its end and after the machine's start. */
export function isRestarted(service: JsonObject): boolean {
  const condition = valueAt(service, "deploy", "restart_policy", "condition");
  return (
    !["no", "false", "undefined"].includes(String(service.restart)) ||
    (condition !== undefined && condition !== "none")
  );
}

/** Ports of a container that the machine has, by the machine's address. */
export function portsOf({ ports }: JsonObject): { host: string; outside: string; inside: string }[] {
  return listOf(ports).map((port) => {
    if (isObject(port))
      return {
        host: String(port.host_ip ?? ""),
        outside: String(port.published),
        inside: String(port.target),
      };
    const [, host = "", outside = "", inside = ""] =
      /^(?:(\[[^\]]+\]|[\d.]+(?=:\S*:)):)?(?:([^:]*):)?([\d-]+)(?:\/\w+)?$/.exec(String(port)) ?? [];
    return { host, outside, inside };
  });
}

/** Bytes of a size in Docker's words, null where it is none. */
export function bytesOf(size: Json | undefined): number | null {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([kmg]?)b?$/i.exec(String(size)) ?? [];
  return number === undefined
    ? null
    : Number(number) * 1_024 ** ["", "k", "m", "g"].indexOf(unit!.toLowerCase());
}

/** What a service needs at least to run, of what Compose may give it less of. */
const LEAST: readonly (readonly [path: string, least: number])[] = [
  ["cpus", 0.1],
  ["deploy.resources.limits.cpus", 0.1],
  ["pids_limit", 100],
  ["ulimits.nofile", 1_024],
  ["ulimits.nofile.soft", 1_024],
];

/** Limits with which the app does not run, and what else keeps it from starting or from being looked after. */
export function limitProblems(app: JsonObject, port: number, found: Found) {
  for (const [path, least] of LEAST) {
    const value = valueAt(app, ...path.split("."));
    const isNumber = typeof value === "number" || /^[\d.]+$/.test(String(value));
    if (isNumber && Number(value) >= 0 && Number(value) < least)
      found(path, `must be ${least} at least, is ${String(value)}`);
  }
  if (valueAt(app, "logging", "driver") === "none")
    found("logging.driver", "must not be none: nobody sees why something fails");
  if (app.build !== undefined && app.pull_policy === "always")
    found("pull_policy", "must be build, missing or away: nobody has the image but this machine");
  for (const name of Object.keys(object(valueAt(app, "build", "args")))) {
    if (OF_A_SECRET.test(name))
      found(`build.args.${name}`, "is a secret, and stays in the image for all to read");
  }
  checkProblems(object(app.healthcheck), port, found);
}

/** A check of the container in the place of the Dockerfile's. */
function checkProblems({ test, interval, timeout, retries }: JsonObject, port: number, found: Found) {
  const [, asked] = /(?:localhost|127\.0\.0\.1):(\d+)/.exec(oneOrMore(test).join(" ")) ?? [];
  if (asked !== undefined && Number(asked) !== port)
    found("healthcheck.test", `asks port ${asked}, and the app listens on ${port}`);
  const [every, patience] = [interval, timeout].map((each) => duration.safeParse(each).data);
  if (patience !== undefined && patience < 1)
    found("healthcheck.timeout", `must be 1s at least, is ${String(timeout)}`);
  if (every !== undefined && every * Number(retries ?? 3) < LEAST_PATIENCE_S)
    found(
      "healthcheck.interval",
      `gives up after ${every * Number(retries ?? 3)} s: let the app have ${LEAST_PATIENCE_S}`,
    );
}

/** How long the app may stall. */
const LEAST_PATIENCE_S = 10;

/** What a volume on another machine is mounted with, where a write may be lost without an error. */
export function volumeOptionProblems(volume: Json | undefined, found: Found) {
  const options = String(valueAt(volume, "driver_opts", "o") ?? "").split(",");
  const isNfs = /^nfs/.test(String(valueAt(volume, "driver_opts", "type")));
  for (const option of ["soft", "nolock", "async"]) {
    if (isNfs && options.includes(option))
      found("driver_opts.o", `must not have ${option}: writes may be lost without an error`);
  }
}

/** How Caddy, started by its command line, speaks to people and to the app. */
function wayProblems(command: string, caddy: JsonObject, found: Found) {
  if (/--to[ =]https:/.test(command)) found("command", "must lead to http: the app has no certificate");
  if (/--change-host-header/.test(command))
    found("command", "must not have --change-host-header: the app refuses requests of another host");
  if (/--from[ =](http:|:80\b)/.test(command))
    found("command", "must have --from with the domain alone, or it serves without HTTPS");
  if (/--from[ =]\$\{\w+(:?-)?\}/.test(command) && !/--from[ =]\$\{\w+\}/.test(command))
    found("command", "must have a domain: \${DOMAIN:?…} tells where it is missing");
  const image = String(caddy.image);
  if (!/^((docker\.io\/)?(library\/)?|\S+\/)caddy(:(2|latest|alpine)\S*)?(@\S+)?$/.test(image))
    found("image", `must be caddy:2, which gets certificates and is kept up, is ${image}`);
}

/** The proxy before the app: whether requests come through it, and whether its certificates are kept. */
export function caddyProblems(caddy: JsonObject, services: JsonObject, port: number, found: Found) {
  const command = oneOrMore(caddy.command).join(" ");
  if (/\breverse-proxy\b/.test(command)) {
    const [, host = "", to] = /--to[ =](?:https?:\/\/)?([\w.-]+):(\d+)/.exec(command) ?? [];
    const isApp = namesOf("app", services.app!).includes(host);
    const isOther = Object.entries(services).some(([name, each]) => namesOf(name, each).includes(host));
    if (isApp ? Number(to) !== port : !isOther)
      found("command", `must lead to app:${port}, where the app listens`);
    wayProblems(command, caddy, found);
    if (!/--from[ =]/.test(command))
      found("command", "must have --from with the domain, or Caddy answers to localhost only");
    for (const { outside, inside } of portsOf(caddy)) {
      if (["80", "443"].includes(outside) && outside !== inside)
        found(
          "ports",
          `must have ${outside}:${outside}: browsers speak the other protocol there than Caddy does at ${inside}`,
        );
      if (inside !== "80" && inside !== "443")
        found("ports", `must lead to 80 and 443 of the container, where Caddy listens, not to ${inside}`);
    }
  }
  if (!portsOf(caddy).some(({ inside }) => inside === "443") && caddy.network_mode !== "host")
    found("ports", "must have 443, or nobody reaches the app by HTTPS");
  const shared = networksOf(caddy).some((name) => networksOf(services.app as JsonObject).includes(name));
  if (!shared && caddy.network_mode === undefined)
    found("networks", "must have one of app's, or Caddy does not reach it");
}
