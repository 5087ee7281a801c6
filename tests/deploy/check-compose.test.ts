import { expect, test } from "vitest";
import { parseDockerfile } from "../fixtures/dockerfile.ts";
import { readImage } from "./agreement.ts";
import { changed, files, type Change } from "./changes.ts";
import { checkCompose, COMPOSE } from "./check-compose.ts";

const image = readImage(parseDockerfile(files.Dockerfile!));

function problemsAfter(...changes: Change[]): string[] {
  const problems: string[] = [];
  checkCompose(changed(changes), image, (_, key, message) => problems.push(`${key}: ${message}`));
  return problems;
}

const inApp = (text: string): Change => [COMPOSE, "    init: true\n", `    ${text}\n    init: true\n`];
const set = (text: string): Change => [COMPOSE, "environment:\n", `environment:\n      ${text}\n`];
const mounts = (text: string): Change => [COMPOSE, "- data:/data", `- ${text}`];
const top = (text: string): Change => [COMPOSE, "\nvolumes:\n", `\n${text}\n\nvolumes:\n`];
const RESTART = "    init: true\n    restart: unless-stopped\n";
const OLLAMA: Change = [
  COMPOSE,
  "\n  caddy:\n",
  "\n  ollama: { image: 'ollama/ollama:0.12.0' }\n\n  caddy:\n",
];

test.each([
  [
    "a restart that is none",
    [COMPOSE, RESTART, "    init: true\n    restart: unless-stoped\n"],
    "restart: must be no",
  ],
  ["an app that stays away", [COMPOSE, RESTART, "    init: true\n"], "app.restart: must be unless-stopped"],
  [
    "a proxy that stays away",
    [COMPOSE, /restart: unless-stopped\n\nvolumes/, "restart: on\n\nvolumes"],
    "caddy.restart",
  ],
  [
    "a service without an image",
    [COMPOSE, "    image: caddy:2.10.2-alpine\n", ""],
    "caddy.image: is missing",
  ],
  ["a misspelt key of a check", inApp("healthcheck: { intervall: 5s }"), "healthcheck.intervall: is no key"],
  [
    "a check without its kind",
    inApp('healthcheck: { test: [node, "-v"] }'),
    "healthcheck.test: must begin with CMD",
  ],
  ["no check", inApp("healthcheck: { disable: true }"), "healthcheck: must not be switched off"],
  ["a check by what is not there", inApp("healthcheck: { test: [CMD, curl, localhost] }"), "needs curl"],
  ["a signal that ends at once", inApp("stop_signal: SIGKILL"), "stop_signal: must be SIGTERM"],
  [
    "an option of security that is none",
    [COMPOSE, "no-new-privileges:true", "no-new-privilege"],
    "is no option",
  ],
  ["a right of the machine", inApp("cap_add: [SYS_ADMIN]"), "cap_add: must not have SYS_ADMIN"],
  ["Docker's socket", mounts("data:/data\n      - /var/run/docker.sock:/var/run/docker.sock"), "must "],
  ["a profile", inApp("profiles: [prod]"), "profiles: must be away"],
  ["the machine's network", inApp("network_mode: host"), "network_mode: must not be host"],
  ["a network that is not there", inApp("networks: [inner]"), "networks: there is no network inner"],
  [
    "two networks",
    [inApp("networks: [inner]"), top("networks: { inner: {} }")],
    "caddy.networks: must have one of app's",
  ],
  ["a secret that is not there", inApp("secrets: [code]"), "secrets: there is no secret code"],
  ["little memory", inApp("mem_limit: 64m"), "mem_limit: must be 512m at least"],
  ["no replica", inApp("deploy: { replicas: 0 }"), "deploy.replicas: must be 1 at least"],
  ["services that wait for each other", inApp("depends_on: [caddy]"), "waits for itself (app → caddy → app)"],
  [
    "a file system over another",
    mounts("data:/data\n      - certificates:/data/x"),
    "must have nothing else in /data",
  ],
  ["memory over the volume", inApp("tmpfs: /data"), "must have nothing else in /data"],
  [
    "a volume in memory",
    [COMPOSE, "  data:\n", "  data: { driver_opts: { type: tmpfs } }\n"],
    "must not be in memory",
  ],
  [
    "a misspelt key of a volume",
    [COMPOSE, "  data:\n", "  data: { externel: true }\n"],
    "data.externel: is no key",
  ],
  ["a mount over the app", mounts("data:/data\n      - ..:/app"), "hides /app/node_modules"],
  [
    "a kind of mount that is none",
    mounts("{ type: volum, source: data, target: /data }"),
    "type must be one of",
  ],
  ["another folder to build", [COMPOSE, "build: ..", "build: ."], "build: must be .., the top"],
  ["a stage of the build", [COMPOSE, "build: ..", "build: { context: .., target: build }"], "build.target"],
  ["a port of this machine to nowhere", inApp("ports: ['127.0.0.1:3000:80']"), "ports: must lead to 3000"],
  ["a proxy to itself", [COMPOSE, "--to app:3000", "--to localhost:3000"], "command: must lead to app:3000"],
  ["a proxy without the domain", [COMPOSE, /--from \S+ \S+ \S+ \S+ /, ""], "command: must have --from"],
  ["a proxy without HTTPS", [COMPOSE, /.*443:443.*\n.*443:443.*\n/, ""], "caddy.ports: must have 443"],
  [
    "a port on which Caddy does not listen",
    [COMPOSE, '"80:80"', '"80:8080"'],
    "ports: must lead to 80 and 443",
  ],
  [
    "lost certificates",
    [COMPOSE, "certificates:/data", "certificates:/certs"],
    "caddy.volumes: must have one at /data",
  ],
  [
    "certificates among conversations",
    [COMPOSE, "- certificates:/data", "- data:/data"],
    "caddy.volumes: must not",
  ],
  ["what the image says", set("HOST: 127.0.0.1"), "environment.HOST: is set by the Dockerfile"],
  ["a dollar", set("WELCOME_TEXT: $5 a day"), "WELCOME_TEXT: must have $$ for a dollar"],
  [
    "a file that is not mounted",
    set("PRESETS: /presets.json"),
    "PRESETS: names /presets.json, which is not in the image",
  ],
  [
    "a model in its own container",
    set("OPENAI_COMPATIBLE_BASE_URL: http://localhost:11434/v1"),
    "names localhost",
  ],
  [
    "a model in no container",
    set("OPENAI_COMPATIBLE_BASE_URL: http://ollama:11434/v1"),
    "no service of this name",
  ],
  [
    "a mapping of files",
    [COMPOSE, "env_file:\n      - .env", "env_file:\n      path: .env"],
    "env_file: must be a path",
  ],
  ["a project's name in capitals", [COMPOSE, "name: holdfast", "name: Holdfast"], "name: must be lower-case"],
] as [string, Change | Change[], string][])("tells %s", (_, change, expected) => {
  const list = (Array.isArray(change[0]) ? change : [change]) as Change[];
  expect(problemsAfter(...list).join("\n")).toContain(expected);
});

test.each([
  ["another way to start again", [COMPOSE, RESTART, "    init: true\n    restart: on-failure:5\n"]],
  [
    "a port of this machine in the long form",
    inApp("ports: [{ target: 3000, published: 3000, host_ip: 127.0.0.1 }]"),
  ],
  ["a file that is mounted", [set("PRESETS: /p.json"), mounts("data:/data\n      - ./p.json:/p.json:ro")]],
  [
    "a configuration of Docker's",
    [set("PRESETS: /p.json"), inApp("configs: [p.json]"), top("configs: { p.json: { file: p.json } }")],
  ],
  ["a model in a container of its own", [set("OPENAI_COMPATIBLE_BASE_URL: http://ollama:11434/v1"), OLLAMA]],
  // A replacement has a dollar for two.
  ["a dollar that is written twice", set("WELCOME_TEXT: $$$$5 a day")],
  [
    "a network for both",
    [
      inApp("networks: [web]"),
      [COMPOSE, "    image: caddy", "    networks: { web: {} }\n    image: caddy"],
      top("networks: { web: {} }"),
    ],
  ],
  ["a check of its own", inApp("healthcheck: { test: node x.js, start_interval: 1s }")],
  ["memory for other files", inApp("tmpfs: [/tmp]\n    mem_limit: 1g")],
] as [string, Change | Change[]][])("takes %s", (_, change) => {
  const list = (Array.isArray(change[0]) ? change : [change]) as Change[];
  expect(problemsAfter(...list)).toEqual([]);
});
