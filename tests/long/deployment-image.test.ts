import { fit, told } from "../deploy/changes.ts";
import { COMPOSE as C } from "../deploy/check-compose.ts";

// The Dockerfile and the compose file.

const D = "Dockerfile";
const inApp = (text: string): [string, string, string] => [
  C,
  "    init: true\n",
  `    init: true\n    ${text}\n`,
];

told("the Dockerfile", [
  [
    "with a file from elsewhere",
    [D, "EXPOSE 3000", "ADD https://example.com/x.tgz /x\nEXPOSE 3000"],
    "ADD: must be such that the image fetches nothing",
  ],
  [
    "with a secret",
    [D, "DATA_DIR=/data\n", "DATA_DIR=/data ACCESS_CODE=hunter2hunter2\n"],
    "ENV: must be such that the image has no secret in it",
  ],
  [
    "with another version as an argument",
    [
      [D, /^/, "ARG NODE=22.1.0\n"],
      [D, /node:24[\d.]+-slim/g, "node:${NODE}-slim"],
    ],
    "stands on one patch version",
  ],
]);
fit("the Dockerfile", [
  [
    "with the version as an argument",
    [
      [D, /^/, "ARG NODE=24.22.3\n"],
      [D, /node:24[\d.]+-slim/g, "node:${NODE}-slim"],
    ],
  ],
  ["with a base that names Debian's version", [D, /node:24[\d.]+-slim/g, "node:24.22.3-trixie-slim"]],
  ["with a base from Amazon's copy", [D, /node:(24[\d.]+-slim)/g, "public.ecr.aws/docker/library/node:$1"]],
  [
    "with a variable in the old form",
    [D, "ENV NODE_ENV=production", "ENV LOG_LEVEL info\nENV NODE_ENV=production"],
  ],
  ["with a value in quotation marks", [D, "ENV NODE_ENV=production", 'ENV NODE_ENV="production"']],
  ["with a port and its protocol", [D, "EXPOSE 3000", "EXPOSE 3000/tcp"]],
  ["with a list of volumes", [D, "VOLUME /data", 'VOLUME ["/data"]']],
]);

told("the compose file", [
  ["without the volume", [C, "      - data:/data\n", ""], "services.app.volumes: must have one at /data"],
  [
    "with a volume elsewhere",
    [C, "data:/data", "data:/var/data"],
    "services.app.volumes: must have one at /data",
  ],
  [
    "with a volume that cannot be written",
    [C, "data:/data", "data:/data:ro"],
    "must not mount /data read-only",
  ],
  [
    "with a volume that is not declared",
    [C, "volumes:\n  # The", "x-volumes:\n  # The"],
    "there is no volume data",
  ],
  ["with a way past the proxy", inApp("ports: ['3000:3000']"), "services.app.ports: must be away"],
  [
    "that kills running answers",
    [C, "stop_grace_period: 120s", "stop_grace_period: 10s"],
    "must be more than DRAIN_SECONDS (100), is 10s",
  ],
  [
    "whose clients are one",
    [C, 'TRUSTED_HOPS: "1"', 'TRUSTED_HOPS: "0"'],
    "environment.TRUSTED_HOPS: must be 1 behind Caddy",
  ],
  [
    "that closes connections first",
    [C, '"130"', '"60"'],
    "environment.KEEP_ALIVE_SECONDS: must be more than Caddy's 120",
  ],
  [
    "with a misspelt key",
    [C, "stop_grace_period", "stop_grace_time"],
    "stop_grace_time: is no key of a service",
  ],
  [
    "with a misspelt variable",
    [C, "DRAIN_SECONDS:", "DRAIN_SECOND:"],
    "environment.DRAIN_SECOND: is no variable of the app",
  ],
  [
    "with a value that stops the app",
    [C, "NODE_NAME: app", "NODE_NAME: app\n      DAILY_DOLLAR_BUDGET: none"],
    "environment.DAILY_DOLLAR_BUDGET",
  ],
  [
    "with a secret",
    [C, "NODE_NAME: app", "NODE_NAME: app\n      ACCESS_CODE: hunter2hunter2"],
    "environment.ACCESS_CODE: is a secret",
  ],
  ["with another command", inApp("command: npm start"), "services.app.command: replaces the Dockerfile's"],
  ["with root", inApp("user: root"), "services.app.user: must be the Dockerfile's user"],
  ["with all rights", inApp("privileged: true"), "services.app.privileged: must be false"],
  ["without an init process", [C, "    init: true\n", ""], "services.app.init: must be true"],
  [
    "with two of one name",
    inApp("deploy: { replicas: 2 }"),
    "environment.NODE_NAME: would give all replicas",
  ],
  [
    "whose proxy leads elsewhere",
    [C, "--to app:3000", "--to app:8080"],
    "services.caddy.command: must lead to app:3000",
  ],
  [
    "that waits for nothing",
    [C, "service_healthy", "service_heathy"],
    "condition: must be one of service_started",
  ],
  ["with a misspelt section", [C, "services:", "service:"], "service: is no section of a compose file"],
  ["that is no YAML", [C, "services:", "services\n:"], "compose.yaml: (file):"],
]);
fit("the compose file", [
  ["with a folder for the data", [C, "data:/data", "./data:/data"]],
  [
    "with the long form of a volume",
    [C, "      - data:/data", "      - { type: volume, source: data, target: /data }"],
  ],
  [
    "with a list of variables",
    [
      C,
      / {4}environment:\n(?: {6}.*\n)+/,
      "    environment: [TRUSTED_HOPS=1, KEEP_ALIVE_SECONDS=130, DRAIN_SECONDS=100]\n",
    ],
  ],
  ["with minutes", [C, "stop_grace_period: 120s", "stop_grace_period: 2m"]],
  ["with a port of this machine", inApp("ports: ['127.0.0.1:3000:3000']")],
  [
    "with variables of the file beside it",
    [
      C,
      "NODE_NAME: app",
      "NODE_NAME: app\n      ACCESS_CODE: ${ACCESS_CODE}\n      LOG_LEVEL: ${LOG_LEVEL:-info}",
    ],
  ],
  [
    "with limits and a log",
    inApp("mem_limit: 1g\n    logging: { driver: local }\n    read_only: true\n    tmpfs: [/tmp]"),
  ],
  ["with a shorter list of what to wait for", [C, / {4}depends_on:\n.*\n.*\n/, "    depends_on: [app]\n"]],
  [
    "with another proxy",
    [C, / {2}caddy:\n {4}image: .*\n {4}command: .*\n/, "  traefik:\n    image: traefik:v3.5\n"],
  ],
]);
