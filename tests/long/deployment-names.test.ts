import { fit, inHttp, keys, told, type Change } from "../deploy/changes.ts";
import { ENVIRONMENT_PATCHES } from "../deploy/problem.ts";

// Names of the service, of which each leads to one environment.

const TEST = "copilot/environments/test/manifest.yml";
const PROD = "copilot/environments/prod/manifest.yml";
const ZONE = "Z0873220N255IR3MTNR4";

const certificates = (file: string): Change => [
  file,
  "    ssl_policy:",
  "    certificates: [arn:aws:acm:us-east-1:123456789012:certificate/0a]\n    ssl_policy:",
];
/** As ACCESS.md says for a domain elsewhere: Copilot makes no functions for domains then. */
const certified = (...changes: Change[]): Change[] => [
  certificates(TEST),
  certificates(PROD),
  [ENVIRONMENT_PATCHES, /- op: replace\n {2}path: \/Resources\/CertificateValidation[^]*?(?=# == )/, ""],
  ...changes,
];
const cloudFront = (file: string): Change[] => [
  [
    file,
    "http:\n  public:\n",
    "cdn:\n  terminate_tls: true\nhttp:\n  public:\n    ingress:\n      cdn: true\n",
  ],
];
const inEach = (test: string, prod: string): Change => [
  "copilot/chat/manifest.yml",
  /^ {2}test:\n/m,
  `  prod:\n    http: ${prod}\n  test:\n    http: ${test}\n`,
];

told("a name", [
  ["of both environments", inHttp("alias: chat.example.com"), "http.alias: chat.example.com is a name of"],
  [
    "of both, among others",
    inEach("{ alias: [a.example.com, b.example.com] }", "{ alias: [c.example.com, b.example.com] }"),
    "http.alias: b.example.com is a name of",
  ],
  [
    "of another rule in both",
    inHttp("additional_rules:\n  - path: /c\n    healthcheck: /readyz\n    alias: c.example.com"),
    "http.additional_rules.0.alias: c.example.com is a name of",
  ],
  [
    "of both network load balancers",
    keys("nlb:\n  port: 443/tls\n  target_port: 3000\n  alias: nlb.example.com"),
    "nlb.alias: nlb.example.com is a name of",
  ],
  [
    "of CloudFront in both",
    certified(...cloudFront(TEST), ...cloudFront(PROD), inHttp("alias: chat.example.com")),
    "but CloudFront gives it to one",
  ],
  [
    "in one zone for both",
    certified(inHttp(`alias: chat.example.com\nhosted_zone: ${ZONE}`)),
    `but the zone ${ZONE} gives it to one`,
  ],
  [
    "in a zone without certificates",
    inEach(`{ alias: a.example.com, hosted_zone: ${ZONE} }`, "{ alias: b.example.com }"),
    "http.hosted_zone: needs http.public.certificates",
  ],
  [
    "in a zone with CloudFront",
    certified(
      ...cloudFront(PROD),
      inEach("{ alias: a.example.com }", `{ alias: [{ name: b.example.com, hosted_zone: ${ZONE} }] }`),
    ),
    "http.hosted_zone: must not be with CloudFront",
  ],
  [
    "missing from another rule with certificates",
    certified(inHttp("alias: chat.example.com\nadditional_rules:\n  - path: /c\n    healthcheck: /readyz")),
    "http.additional_rules.0.alias: is missing",
  ],
  [
    "of a network load balancer beside certificates",
    certified(
      inHttp("alias: chat.example.com"),
      keys(
        "nlb:\n  port: 443/tls\n  target_port: 3000\n  alias: nlb-${COPILOT_ENVIRONMENT_NAME}.example.com",
      ),
    ),
    "nlb.alias: must not be with http.public.certificates",
  ],
]);

fit("a name", [
  ["of each environment", inEach("{ alias: a.example.com }", "{ alias: b.example.com }")],
  ["with the environment's in it", inHttp('alias: ["chat-${COPILOT_ENVIRONMENT_NAME}.example.com"]')],
  [
    "with the application's in it",
    inHttp("alias: ${COPILOT_ENVIRONMENT_NAME}.${COPILOT_APPLICATION_NAME}.example.com"),
  ],
  ["of one environment", inEach("{ stickiness: false }", "{ alias: chat.example.com }")],
  ["of both, whose DNS is one's own", certified(inHttp("alias: chat.example.com"))],
  [
    "of both, each in a zone of its own",
    certified(
      inEach(
        `{ alias: [{ name: chat.example.com, hosted_zone: ${ZONE} }] }`,
        "{ alias: chat.example.com, hosted_zone: Z1873220N255IR3MTNR4 }",
      ),
    ),
  ],
]);
