import { CONFIG_VARIABLES, ConfigError, parseConfig } from "~/config.server";
import path from "node:path";
import { CREDENTIALS, OF_THE_IMAGE, RUNTIME_VARIABLES, SECRETS, type Image } from "./agreement.ts";
import {
  bytesOf,
  caddyProblems,
  isRestarted,
  limitProblems,
  volumeOptionProblems,
  hostsOf,
  namesOf,
  portsOf,
  serviceForm,
  waitedFor,
} from "./rules/compose-rules.ts";
import { circleFrom } from "./templates/circle.ts";
import { isWithin } from "./rules/data-rules.ts";
import { LEAST_MEMORY } from "./rules/fargate-rules.ts";
import { settingProblems } from "./rules/setting-rules.ts";
import { duration } from "./manifests/duration.ts";
import {
  isObject,
  listOf,
  object,
  oneOrMore,
  parseYaml,
  valueAt,
  type Json,
  type JsonObject,
} from "./templates/parse-yaml.ts";
import type { Files, Found, Report } from "./problem.ts";
import { words } from "./words.ts";

export const COMPOSE = "copilot/compose.yaml";

const SECTIONS = words("name version services volumes networks secrets configs include");
/** Keys of a service, of the Compose Specification. Docker refuses others. */
const KEYS = words(`
    annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name
    cpu_count cpu_percent cpu_period cpu_quota cpu_shares cpus cpuset credential_spec depends_on deploy develop
    device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file environment expose extends
    external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation label_file labels
    links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit models network_mode networks
    oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_stop privileged profiles provider
    pull_policy read_only restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period
    stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volumes volumes_from
    working_dir`);
const VOLUME_KEYS = ["driver", "driver_opts", "external", "labels", "name"];
const CONDITIONS = ["service_started", "service_healthy", "service_completed_successfully"];
/** After so long Caddy closes a connection to the app that nothing used. */
const CADDY_IDLE_S = 120;

/** The compose file for one machine: what Docker refuses, and what loses conversations or opens the app. */
export function checkCompose(files: Files, image: Image, report: Report) {
  const text = files[COMPOSE];
  if (text === undefined) return;
  const compose = parseYaml(COMPOSE, text, report, { mayHaveAliases: true });
  if (compose === undefined) return;
  const found: Found = (key, message) => report(COMPOSE, key, message);
  for (const section of Object.keys(object(compose))) {
    if (!SECTIONS.includes(section) && !section.startsWith("x-"))
      found(section, "is no section of a compose file");
  }
  const services = valueAt(compose, "services");
  const app = valueAt(services, "app");
  if (!isObject(services) || !isObject(app)) return found("services.app", "is missing");
  const volumes = valueAt(compose, "volumes");
  const section = (name: string) => object(valueAt(compose, name));
  const sections = {
    services,
    networks: section("networks"),
    secrets: section("secrets"),
    configs: section("configs"),
  };
  for (const [name, service] of Object.entries(services)) {
    formProblems(service, services, object(volumes), (key, message) =>
      found(`services.${name}${key}`, message),
    );
    if (isObject(service))
      serviceForm(service, sections, (key, message) => found(`services.${name}.${key}`, message));
    const circle = circleFrom(name, (each) => waitedFor(services[each]));
    if (circle?.[0] === name)
      found(`services.${name}.depends_on`, `waits for itself (${circle.join(" → ")})`);
  }
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(String(valueAt(compose, "name") ?? "a")))
    found("name", "must be lower-case letters, digits, dashes and underscores");
  const ofApp: Found = (key, message) => found(`services.app.${key}`, message);
  appProblems(app, image, ofApp);
  volumeProblems(app, image, volumes, ofApp);
  buildProblems(app, ofApp);
  variableProblems(app, image, "caddy" in services, ofApp);
  limitProblems(app, image.port, ofApp);
  const mounted = placesOf(app);
  settingProblems(
    { ...image.env, ...plainOf(app) },
    {
      image,
      mounted,
      memory: mebibytesOf(app),
      hasNeighbours: false,
      names: [],
      hosts: [
        ...Object.entries(services).flatMap(([name, service]) => namesOf(name, service)),
        ...hostsOf(app),
      ],
      network: null,
      otherwise: 'write that of a service, or give app extra_hosts: ["host.docker.internal:host-gateway"]',
      secretPlace: "it into copilot/.env",
    },
    (name, message) => ofApp(`environment.${name}`, message),
  );
  for (const [name, volume] of Object.entries(object(volumes))) {
    volumeOptionProblems(volume, (key, message) => found(`volumes.${name}.${key}`, message));
    for (const key of Object.keys(object(volume))) {
      if (!VOLUME_KEYS.includes(key) && !key.startsWith("x-"))
        found(`volumes.${name}.${key}`, "is no key of a volume");
    }
  }
  const { caddy } = services;
  if (!isObject(caddy)) return;
  const ofCaddy: Found = (key, message) => found(`services.caddy.${key}`, message);
  caddyProblems(caddy, services, image.port, ofCaddy);
  const [certificates, data] = [mountsOf(caddy), mountsOf(app)].map((mounts) =>
    mounts.find(({ target }) => target === "/data"),
  );
  const driver = valueAt(volumes, certificates?.source ?? "", "driver_opts", "type");
  if (certificates === undefined || driver === "tmpfs")
    ofCaddy(
      "volumes",
      "must have one at /data, or each update asks for new certificates, until there are too many",
    );
  else if (certificates.source === data?.source)
    ofCaddy("volumes", "must not be the app's, whose files are conversations");
  if (!isRestarted(caddy))
    ofCaddy("restart", "must be unless-stopped, or it is away after the machine's next start");
}

/** Where something is mounted into a container: volumes, configs and secrets. */
function placesOf(app: JsonObject): string[] {
  const files = (["configs", "secrets"] as const).flatMap((kind) =>
    listOf(app[kind]).map((each) => {
      const target = String(isObject(each) ? (each.target ?? each.source) : each);
      return target.startsWith("/") ? target : `${kind === "secrets" ? "/run/secrets" : ""}/${target}`;
    }),
  );
  return [...mountsOf(app).map(({ target }) => target), ...files];
}

/** The memory that a service may take, null without a limit. */
function mebibytesOf(app: JsonObject): number | null {
  const bytes = [app.mem_limit, valueAt(app, "deploy", "resources", "limits", "memory")].flatMap(
    (limit) => bytesOf(limit) ?? [],
  );
  return bytes.length === 0 ? null : Math.min(...bytes) / 1_024 ** 2;
}

/** Variables whose value stands in the file. */
function plainOf(app: JsonObject): Record<string, string> {
  const given = Object.entries(environmentOf(app)).map(
    ([name, value]) => [name, value.replaceAll("$$", "\0")] as const,
  );
  return Object.fromEntries(
    given
      .filter(([, value]) => !value.includes("$"))
      .map(([name, value]) => [name, value.replaceAll("\0", "$")]),
  );
}

function formProblems(service: Json, services: JsonObject, volumes: JsonObject, found: Found) {
  if (!isObject(service)) return found("", "must be an object");
  for (const key of Object.keys(service)) {
    if (!KEYS.includes(key) && !key.startsWith("x-")) found(`.${key}`, "is no key of a service");
  }
  for (const other of waitedFor(service)) {
    if (!(other in services)) found(`.depends_on.${other}`, "is no service");
    const condition = valueAt(service.depends_on, other, "condition");
    if (condition !== undefined && !CONDITIONS.includes(String(condition)))
      found(`.depends_on.${other}.condition`, `must be one of ${CONDITIONS.join(", ")}`);
  }
  for (const { source } of mountsOf(service)) {
    if (/^\w[\w.-]*$/.test(source) && !(source in volumes)) found(".volumes", `there is no volume ${source}`);
  }
}

/** Mounts in the short form (`data:/data`) or the long one. */
function mountsOf(service: JsonObject): { source: string; target: string; isReadOnly: boolean }[] {
  return listOf(service.volumes).map((mount) => {
    if (isObject(mount))
      return {
        source: String(mount.source ?? ""),
        target: String(mount.target),
        isReadOnly: mount.read_only === true,
      };
    const [source, target = "", options = ""] = String(mount).split(":");
    return { source: source!, target, isReadOnly: options.split(",").includes("ro") };
  });
}

function appProblems(app: JsonObject, { user, port }: Image, found: Found) {
  for (const key of ["command", "entrypoint"]) {
    if (key in app) found(key, "replaces the Dockerfile's, so that SIGTERM may not reach the server");
  }
  // Without a group it has that of the image's own user, 1000.
  if (app.user !== undefined && ![user, user.split(":")[0]].includes(String(app.user)))
    found("user", `must be the Dockerfile's user, ${user}`);
  if (app.privileged === true) found("privileged", "must be false: the app needs no right of the machine");
  if (app.init !== true) found("init", "must be true: process 1 must reap what ends beside the app");
  if (!isRestarted(app))
    found("restart", "must be unless-stopped, or it is away after the machine's next start");
  if (/^(?!SIGTERM|15|undefined)/.test(String(app.stop_signal)))
    found("stop_signal", "must be SIGTERM, by which the app ends its answers and hands over");
  const check = valueAt(app, "healthcheck");
  const test = oneOrMore(valueAt(check, "test")).map(String);
  if (valueAt(check, "disable") === true || test[0] === "NONE")
    found("healthcheck", "must not be switched off: the proxy waits for it, and would never be started");
  const [, tool] = /\b(curl|wget)\b/.exec(test.join(" ")) ?? [];
  if (tool !== undefined) found("healthcheck.test", `needs ${tool}, which the image does not have`);
  for (const right of listOf(app.cap_add).map(String))
    found("cap_add", `must not have ${right}: the app needs no right of the machine`);
  if (listOf(app.profiles).length > 0)
    found("profiles", "must be away, or `docker compose up` does not start the app");
  if (app.network_mode === "host")
    found("network_mode", `must not be host: whoever reaches ${port} goes past the proxy`);
  for (const limit of [app.mem_limit, valueAt(app, "deploy", "resources", "limits", "memory")]) {
    if ((bytesOf(limit) ?? Infinity) < LEAST_MEMORY * 1_024 ** 2)
      found(
        "mem_limit",
        `must be ${LEAST_MEMORY}m at least, is ${String(limit)}: the app is killed under load`,
      );
  }
  const replicas = valueAt(app, "deploy", "replicas") ?? app.scale ?? 1;
  if (Number(replicas) === 0) found("deploy.replicas", "must be 1 at least, or nothing is started");
  if (Number(replicas) > 1 && app.container_name !== undefined)
    found("container_name", "must be away beside several replicas, which cannot have one name");
  if (Number(replicas) > 1 && "NODE_NAME" in environmentOf(app))
    found("environment.NODE_NAME", "would give all replicas the same name");
  // A port of this machine alone is for a proxy that is not in a container.
  for (const { host, inside } of portsOf(app)) {
    if (!/^(127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(host))
      found("ports", `must be away, or begin with 127.0.0.1: whoever reaches ${port} goes past the proxy`);
    else if (inside !== String(port))
      found("ports", `must lead to ${port}, where the app listens, not to ${inside}`);
  }
}

/** The build, beside Copilot's rules for the same. */
function buildProblems({ build }: JsonObject, found: Found) {
  const given = isObject(build) ? build : { context: build ?? ".." };
  const context = String(given.context ?? ".");
  if (/:\/\/|^git@|\$/.test(context) || given.dockerfile_inline !== undefined) return;
  if (path.posix.normalize(`copilot/${context}/`) !== "./")
    found("build", "must be .., the top of the repository, where the Dockerfile copies from");
  if (path.posix.normalize(String(given.dockerfile ?? "Dockerfile")) !== "Dockerfile")
    found("build.dockerfile", "must be Dockerfile, at the top of the repository");
  if (given.target !== undefined) found("build.target", "must not be there: the last stage is the image");
}

function volumeProblems(
  app: JsonObject,
  { dataDir, copied }: Image,
  volumes: Json | undefined,
  found: Found,
) {
  const mounts = mountsOf(app);
  const data = mounts.find(({ target }) => target === dataDir);
  const inMemory = oneOrMore(app.tmpfs).map((each) => String(each).split(":")[0]!);
  const others = [...mounts.filter((each) => each !== data).map(({ target }) => target), ...inMemory];
  if (others.some((target) => isWithin(dataDir, target)))
    found(
      "volumes",
      `must have nothing else in ${dataDir}: what is written there would not be in the volume`,
    );
  const hidden = copied.find((file) => others.some((target) => isWithin(target, file)));
  if (hidden !== undefined) found("volumes", `hides ${hidden} of the image: mount it elsewhere`);
  if (mounts.some(({ source }) => source.endsWith("docker.sock")))
    found("volumes", "must not have Docker's socket: who takes the app over would have the machine");
  if (valueAt(volumes, data?.source ?? "", "driver_opts", "type") === "tmpfs")
    found(
      "volumes",
      `must not be in memory at ${dataDir}, or the conversations go with the machine's next start`,
    );
  if (data === undefined || data.source === "")
    found("volumes", `must have one at ${dataDir}, or the conversations go with the container`);
  else if (data.isReadOnly) found("volumes", `must not mount ${dataDir} read-only`);
}

/** Whether the app starts with its variables, and ends and idles later than what is before it. */
function variableProblems(app: JsonObject, image: Image, isBehindCaddy: boolean, found: Found) {
  const given = environmentOf(app);
  for (const name of Object.keys(given)) {
    const key = `environment.${name}`;
    if (given[name] !== INHERITED && /\$(?![\w{])|\$\d/.test(given[name]!.replaceAll("$$", "")))
      found(key, "must have $$ for a dollar, or Docker refuses the file");
    if (CREDENTIALS.includes(name) && !given[name]!.includes("$"))
      found(key, "is a secret: put it into copilot/.env");
    else if (name === "NODE_NAME" && given[name]!.includes("$"))
      found(key, "must be the same after each start, and not of the shell, where nobody sets it");
    else if (OF_THE_IMAGE.includes(name)) found(key, "is set by the Dockerfile");
    else if (![...CONFIG_VARIABLES, ...RUNTIME_VARIABLES, ...SECRETS].includes(name))
      found(key, "is no variable of the app");
  }
  try {
    const { drainSeconds, keepAliveSeconds, trustedHops } = parseConfig({
      ...image.env,
      ...plainOf(app),
    });
    const grace = duration.safeParse(app.stop_grace_period ?? "10s").data;
    if (!(grace !== undefined && grace > drainSeconds))
      found(
        "stop_grace_period",
        `must be more than DRAIN_SECONDS (${drainSeconds}), is ${String(app.stop_grace_period ?? "10s")}`,
      );
    if (isBehindCaddy && keepAliveSeconds <= CADDY_IDLE_S)
      found(
        "environment.KEEP_ALIVE_SECONDS",
        `must be more than Caddy's ${CADDY_IDLE_S}, is ${keepAliveSeconds}`,
      );
    if (isBehindCaddy && trustedHops !== 1)
      found("environment.TRUSTED_HOPS", `must be 1 behind Caddy, is ${trustedHops}`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const line of error.message.split("\n")) found(`environment.${line.split(" ")[0]!}`, line);
  }
}

/** Stands for the value of a variable that has none in the file: it is taken from where Docker is started. */
const INHERITED = "$";

/** `environment` as a map, or as a list of `NAME=value`. */
function environmentOf({ environment }: JsonObject): Record<string, string> {
  const pairs = Array.isArray(environment)
    ? environment.map((each) => /^([^=]*)=?(.*)$/.exec(String(each))!.slice(1) as [string, string])
    : Object.entries(object(environment)).map(([name, value]) => [name, String(value ?? INHERITED)] as const);
  return Object.fromEntries(pairs);
}
