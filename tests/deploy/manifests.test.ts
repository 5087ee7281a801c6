import { fit, inHttp, keys, told, type Change } from "./changes.ts";
import { MANIFEST } from "./problem.ts";

const TEST = "copilot/environments/test/manifest.yml";
const ARM = "linux/arm64";

const inImage = (text: string): Change => [MANIFEST, "  port: 3000\n", `  port: 3000\n${text}\n`];
const inVpc = (text: string): Change => [MANIFEST, "placement: private", text];
const inEnvironment = (text: string): Change => [TEST, "observability:", `${text}\nobservability:`];
const inPublic = (text: string): Change => [TEST, "    ssl_policy:", `${text}\n    ssl_policy:`];
const scratch = (path: string): Change => [
  MANIFEST,
  "  volumes:\n",
  `  volumes:\n    scratch: { path: ${path}, read_only: false }\n`,
];
const network = (cidr: string, outer: string, inner: string): Change =>
  inEnvironment(`network: { vpc: { cidr: ${cidr}, subnets: { public: [${outer}], private: [${inner}] } } }`);
const INNER = "{ cidr: 10.1.2.0/24 }, { cidr: 10.1.3.0/24 }";
const OUTER = "{ cidr: 10.1.0.0/24 }, { cidr: 10.1.1.0/24 }";
const rule = (protocol: string, ports: string): Change =>
  inEnvironment(
    `network: { vpc: { security_group: { ingress: [{ ip_protocol: ${protocol}, ports: ${ports}, cidr: 10.0.0.0/16 }] } } }`,
  );
const GROUPS = [1, 2, 3, 4, 5].map((number) => `sg-0000000${number}`);

told("the service's manifest", [
  [
    "a key of workers in the count",
    [MANIFEST, "memory_percentage: 75", "queue_delay: 10m"],
    "count.queue_delay: is no key",
  ],
  [
    "a check without its kind",
    inImage('  healthcheck: { command: [node, "-v"] }'),
    "must begin with CMD or CMD-SHELL",
  ],
  [
    "a check of a port where nothing listens",
    inImage('  healthcheck: { command: [CMD-SHELL, "node x.js http://127.0.0.1:8080/"] }'),
    "asks port 8080, on which nothing listens",
  ],
  [
    "a password that is a name",
    inImage("  credentials: mine"),
    "image.credentials: must be the ARN of a secret",
  ],
  [
    "an empty list of addresses",
    inHttp("allowed_source_ips: []"),
    "allowed_source_ips: must name one at least",
  ],
  [
    "a response time of nothing",
    [MANIFEST, "memory_percentage: 75", "response_time: 0s"],
    "must be more than 0",
  ],
  [
    "an alarm that takes every release back",
    keys("deployment: { rollback_alarms: { cpu_utilization: 0 } }"),
    "must be from 1 to 100",
  ],
  [
    "a subnet that is a VPC",
    inVpc("placement: { subnets: [vpc-0123456789abcdef0] }"),
    "must be an id such as subnet-",
  ],
  ["no subnet", inVpc("placement: { subnets: [] }"), "must name one at least"],
  ["a group by its name", inVpc("security_groups: [mine]"), "must be an id such as sg-"],
  ["too many groups", inVpc(`security_groups: [${GROUPS.join(", ")}]`), "security_groups: must be 4 at most"],
  ["a volume over the app", scratch("/app"), "storage.volumes.scratch.path: hides /app/node_modules"],
  ["a volume over everything", scratch("/"), "storage.volumes.scratch.path: hides"],
  ["a volume over Node", scratch("/usr/local"), "hides /usr/local/bin/node"],
  [
    "a secret in a bucket",
    keys("secrets: { ACCESS_CODE: 'arn:aws:s3:::bucket/code' }"),
    "must be the ARN of a parameter",
  ],
  [
    "a sidecar of the app's name",
    keys("sidecars: { chat: { image: nginx } }"),
    "is the name of a container that Copilot makes",
  ],
]);
fit("the service's manifest", [
  [
    "an argument that it has, and one of Docker's",
    [
      [
        MANIFEST,
        "context: .",
        "context: .\n    args: { NODE: 24.22.3-slim, HTTP_PROXY: 'http://proxy:3128' }",
      ],
      ["Dockerfile", /^/, "ARG NODE\n"],
    ],
  ],
  ["groups by their ids", inVpc(`placement: private\n    security_groups: [${GROUPS.slice(1).join(", ")}]`)],
  ["a volume beside the app's files", scratch("/app/cache")],
  [
    "tasks on spare capacity",
    [
      [MANIFEST, "range: 2-10", "range: { min: 2, max: 10, spot_from: 3 }"],
      [MANIFEST, ARM, "linux/x86_64"],
    ],
  ],
]);

told("an environment's manifest", [
  ["a VPC that is too large", network("10.0.0.0/8", OUTER, INNER), "must be from /16 to /28"],
  [
    "subnets that are too small for AWS",
    network("10.1.0.0/16", OUTER, "{ cidr: 10.1.2.0/29 }, { cidr: 10.1.2.8/29 }"),
    "must be from /16 to /28",
  ],
  [
    "subnets that are too small for a load balancer",
    network("10.1.0.0/16", "{ cidr: 10.1.0.0/28 }, { cidr: 10.1.0.16/28 }", INNER),
    "must be /27 or larger",
  ],
  [
    "two subnets of one zone",
    network(
      "10.1.0.0/16",
      OUTER.replaceAll(" }", ", az: us-east-1a }"),
      INNER.replaceAll(" }", ", az: us-east-1a }"),
    ),
    "must be in a zone of its own each",
  ],
  [
    "a region in the place of a zone",
    network("10.1.0.0/16", OUTER.replaceAll(" }", ", az: us-east-1 }"), INNER),
    "must be a zone",
  ],
  ["ports that end before they begin", rule("tcp", "90-80"), "the lower one first"],
  ["a port that there is not", rule("tcp", "70000"), "must be from 0 to 65535"],
  ["a protocol that is none", rule("tpc", "80"), "must be tcp, udp"],
  [
    "a bucket by its ARN",
    inPublic("    access_logs: { bucket_name: 'arn:aws:s3:::logs' }"),
    "must be the name of a bucket",
  ],
  [
    "a prefix of the load balancer's",
    inPublic("    access_logs: { bucket_name: logs, prefix: AWSLogs/x }"),
    "must not have AWSLogs",
  ],
  [
    "an empty list of addresses",
    inPublic("    ingress: { source_ips: [] }"),
    "source_ips: must name one at least",
  ],
  [
    "a name that Copilot refuses",
    ["copilot/environments/my_stage/manifest.yml", /^$/, "name: my_stage\ntype: Environment\n"],
    "must be called by lower-case letters",
  ],
]);
fit("an environment's manifest", [
  ["all protocols", rule("-1", "0-65535")],
  ["a ping", rule("icmp", "8")],
]);
