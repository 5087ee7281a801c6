import { fit, inHttp, keys, told, type Change } from "../deploy/changes.ts";
import { MANIFEST as M } from "../deploy/problem.ts";

// The manifests, in keys that few use and in words that mean the same.

const T = "copilot/environments/test/manifest.yml";
const inTest = (text: string): Change => [T, "observability:", `${text}\nobservability:`];
const inPublic = (text: string): Change => [T, "    ssl_policy", `    ${text}\n    ssl_policy`];
const RULE = "additional_rules:\n  - path: /api\n    ";
const CHECK = "healthcheck: { path: /readyz, interval: 15s, unhealthy_threshold: 4 }";
const secret = (name: string) =>
  keys(`secrets:\n  ${name}: /copilot/\${COPILOT_APPLICATION_NAME}/\${COPILOT_ENVIRONMENT_NAME}/secrets/D`);
const BEHIND_CLOUDFRONT: Change[] = [
  inPublic("ingress:\n      cdn: true"),
  inTest("cdn:\n  terminate_tls: true"),
];
const HOPS = (more = ""): Change => [
  M,
  "    memory: 512\n",
  `    memory: 512\n    variables: { TRUSTED_HOPS: "2" }\n${more}`,
];

told("the service's manifest", [
  [
    "with a sticky rule",
    inHttp(`${RULE}stickiness: true\n    ${CHECK}\n    deregistration_delay: 110s`),
    "additional_rules.0.stickiness: must be false",
  ],
  [
    "with a rule that cuts answers off",
    inHttp(`${RULE}${CHECK}\n    deregistration_delay: 10s`),
    "additional_rules.0.deregistration_delay: must be more than DRAIN_SECONDS (100), is 10s",
  ],
  [
    "with a rule without a check",
    inHttp(`${RULE}deregistration_delay: 110s`),
    "additional_rules.0.healthcheck.path: must be /readyz",
  ],
  [
    "that keeps CloudFront out",
    [...BEHIND_CLOUDFRONT, HOPS("    http: { allowed_source_ips: [192.0.2.0/24] }\n")],
    "http.allowed_source_ips: keeps CloudFront out",
  ],
  [
    "with an alarm above all",
    keys("deployment:\n  rollback_alarms: { cpu_utilization: 150 }"),
    "cpu_utilization: must be from 1 to 100",
  ],
  [
    "with a volume in the volume",
    [M, "  volumes:\n", "  volumes:\n    usage:\n      path: /data/usage\n      read_only: false\n"],
    "storage.volumes.usage.path: must not be in /data",
  ],
  ["with a folder that is a secret", secret("DATA_DIR"), "secrets.DATA_DIR: is set by the Dockerfile"],
  [
    "with a secret beside it for all to read",
    keys("sidecars:\n  x:\n    image: x\n    variables: { ACCESS_CODE: hunter2hunter2 }"),
    "sidecars.x.variables.ACCESS_CODE: is a secret",
  ],
]);
fit("the service's manifest", [
  ["with one more rule", inHttp(`${RULE}${CHECK}\n    deregistration_delay: 110s`)],
  [
    "with a rule for a sidecar",
    [
      inHttp(`${RULE}target_container: docs\n    deregistration_delay: 110s`),
      keys("sidecars:\n  docs:\n    image: docs\n    port: 8080"),
    ],
  ],
  ["with a code that is a number", [M, 'success_codes: "200"', "success_codes: 200"]],
  [
    "with yes and off",
    [
      [M, "exec: true", "exec: yes"],
      [M, "stickiness: false", "stickiness: off"],
    ],
  ],
  [
    "with another file system for other files",
    [
      M,
      "  volumes:\n",
      "  volumes:\n    shared:\n      path: /shared\n      efs:\n        id: fs-0123456789abcdef1\n",
    ],
  ],
  [
    "with alarms that roll back",
    keys("deployment:\n  rollback_alarms: { cpu_utilization: 90, memory_utilization: 90 }"),
  ],
  [
    "with a secret of Secrets Manager",
    keys("secrets:\n  ACCESS_CODE:\n    secretsmanager: 'holdfast/access:code::'"),
  ],
  [
    "with pieces for anchors",
    [M, "variables:\n", "x-level: &level debug\nvariables:\n  LOG_LEVEL: *level\n"],
  ],
  ["behind CloudFront", [...BEHIND_CLOUDFRONT, HOPS()]],
]);

told("an environment's manifest", [
  [
    "whose tasks may not go to the volume",
    inTest(
      "network:\n  vpc:\n    security_group:\n      egress: [{ ip_protocol: tcp, ports: 443, cidr: 0.0.0.0/0 }]",
    ),
    "must let tasks out at port 2049",
  ],
  [
    "with half of the internet in it",
    inTest(
      "network:\n  vpc:\n    security_group:\n      ingress: [{ ip_protocol: tcp, ports: 3000, cidr: 128.0.0.0/1 }]",
    ),
    "ingress.0: lets everybody in",
  ],
  [
    "with a door for CloudFront in old words",
    inPublic("security_groups: { ingress: { restrict_to: { cdn: true } } }"),
    "http.public.ingress.cdn: lets nobody in",
  ],
  [
    "with a retention that is none",
    inTest("network:\n  vpc:\n    flow_logs: { retention: 45 }"),
    "flow_logs.retention: is no retention",
  ],
  [
    "with subnets outside of it",
    inTest(
      "network:\n  vpc:\n    cidr: 10.1.0.0/16\n    subnets:\n      public: [{ cidr: 10.2.0.0/24 }, { cidr: 10.2.1.0/24 }]\n      private: [{ cidr: 10.2.2.0/24 }, { cidr: 10.2.3.0/24 }]",
    ),
    "is not within the addresses of the VPC",
  ],
]);
fit("an environment's manifest", [
  [
    "with all ways out",
    inTest(
      "network:\n  vpc:\n    security_group:\n      egress: [{ ip_protocol: '-1', ports: 0-65535, cidr: 0.0.0.0/0 }]",
    ),
  ],
  ["with the flow's log", inTest("network:\n  vpc:\n    flow_logs: on")],
  [
    "with subnets of its own",
    inTest(
      "network:\n  vpc:\n    cidr: 10.1.0.0/16\n    subnets:\n      public: [{ cidr: 10.1.0.0/24 }, { cidr: 10.1.1.0/24 }]\n      private: [{ cidr: 10.1.2.0/24 }, { cidr: 10.1.3.0/24 }]",
    ),
  ],
  [
    "with CloudFront's door in old words",
    [
      inPublic("security_groups: { ingress: { restrict_to: { cdn: true } } }"),
      inTest("cdn:\n  terminate_tls: true"),
      HOPS(),
    ],
  ],
]);
