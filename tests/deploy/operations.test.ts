import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { METRIC_UNITS } from "~/telemetry/metrics";
import { anAlarm, backup, behaviour, github, mayDo, query, variable, waf, managed } from "./change-parts.ts";
import { files, fit, OBSERVABILITY, told } from "./changes.ts";
import { ENVIRONMENT_TEMPLATE as ET, SERVICE_TEMPLATE as ST } from "./check-templates.ts";
import { LOG_FIELDS } from "./rules/log-rules.ts";
import { MANIFEST as M } from "./problem.ts";

// A few of what tests/long/deployment-operations, -access and -choices try.

const page = (name: string) => readFileSync(new URL(`../../copilot/${name}`, import.meta.url), "utf8");

const SUBJECT = "token.actions.githubusercontent.com:sub";
const AUDIENCE = { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" };

told("a second look", [
  [
    "a parameter that offers what nothing follows",
    [ST, 'AllowedValues: ["1", "2"]', 'AllowedValues: ["1", "2", "3"]'],
    "TrustedHops.AllowedValues: must not have 3",
  ],
  [
    "a parameter that refuses what is documented",
    [ST, 'AllowedValues: ["1", "2"]', 'AllowedValues: ["1"]'],
    "Parameters.TrustedHops: must take 2, as documented",
  ],
  [
    "a name in one template alone",
    [ST, "Default: holdfast\n  EnvName", "Default: talk\n  EnvName"],
    "AppName.Default: must be that of AppName in the environment's template",
  ],
  [
    "a log in a constant region",
    [ST, "awslogs-region: !Ref AWS::Region", "awslogs-region: us-east-1"],
    "must be !Ref AWS::Region",
  ],
  [
    "an address at home",
    variable("OPENAI_COMPATIBLE_BASE_URL", "http://192.168.1.20:11434/v1"),
    "names 192.168.1.20, which is not in the network around",
  ],
  [
    "a grace of an hour",
    [M, "grace_period: 60s", "grace_period: 3600s"],
    "grace_period: must be 900 s at most",
  ],
  ["a backup of nothing", backup({}, null), "saves nothing"],
  ["an alarm at a fraction", anAlarm({ MetricName: "BudgetSpent", Threshold: 0.8 }), "must be in percent"],
  ["a query by a misspelt field", query("stats count(*) by modle"), "the log has no field modle"],
  [
    "a right to every secret",
    mayDo("secretsmanager:GetSecretValue", "*"),
    "on everything: name what it needs",
  ],
  [
    "a role for all of GitHub",
    github({ StringEquals: AUDIENCE }),
    "every repository of GitHub may take the role",
  ],
  [
    "rules that refuse long messages",
    waf([managed("AWSManagedRulesCommonRuleSet")]),
    "refuses long messages",
  ],
  [
    "a cache of the API",
    behaviour({ PathPattern: "/api/*", CachePolicyId: "658327ea-f89d-4fab-a63d-7e88639e58f6" }),
    "CacheBehaviors.0.CachePolicyId: must be 4135ea2d",
  ],
  [
    "a way back by IPv6 that is missing",
    [ET, /  DefaultPublicRouteIpv6:\n(.*\n){7}/, ""],
    "needs a route to ::/0",
  ],
]);

fit("a second look", [
  ["a backup every hour", backup()],
  [
    "a role for one repository",
    github({ StringEquals: AUDIENCE, StringLike: { [SUBJECT]: "repo:me/holdfast:*" } }),
  ],
  [
    "a query by hour",
    query('filter msg = "request" and status >= 500\n| stats count(*) as errors by bin(1h), route'),
  ],
]);

/** What an operator is to hear of, by the metric that tells it. */
const ALARMS = [
  ...["BudgetSpent", "BudgetRefusals", "RequestsRefused", "RepliesFailed", "RequestErrors", "Takeovers"],
  ...["VolumeErrors", "VolumeLatency", "MembershipLogStopped", "HealthyHostCount", "HTTPCode_ELB_5XX_Count"],
];

test("the addon has the alarms and the budget that the pages tell of", () => {
  const alarms = files[OBSERVABILITY]!.split(/^ {2}(?=\w)/m).filter((each) =>
    each.includes("Type: AWS::CloudWatch::Alarm"),
  );
  const metrics = alarms.map((each) => /MetricName: (\w+)/.exec(each)?.[1]);
  expect(metrics.toSorted()).toEqual(ALARMS.toSorted());
  expect(ALARMS.filter((name) => !(name in METRIC_UNITS))).toEqual(ALARMS.slice(-2));
  expect(files[OBSERVABILITY]).toContain("Type: AWS::Budgets::Budget");
  expect(page("README.md")).toContain(`Dashboard, ${alarms.length} alarms`);
});

test("the addon has the log queries that OPERATIONS.md names", () => {
  const [, listed] = /\*\*Saved queries\*\*[^\n]*`: ([^.]+)\./.exec(page("OPERATIONS.md"))!;
  const names = [...files[OBSERVABILITY]!.matchAll(/Name: !Sub \$\{App\}-\$\{Env\}-\$\{Name\}\/(.+)/g)];
  expect(names.map(([, name]) => name)).toEqual(listed!.split(", "));
  const quoted = [...page("OPERATIONS.md").matchAll(/query “([^”]+)”/g)].map(([, name]) => name!);
  expect(quoted.filter((name) => !listed!.split(", ").includes(name))).toEqual([]);
});

test("the fields that queries may ask for are those of the log's lines", () => {
  const writers = ["telemetry/create-log.ts", "replies/reply-meter.ts", "http/remix/request-log.ts"];
  const text = writers
    .map((file) => readFileSync(new URL(`../../app/${file}`, import.meta.url), "utf8"))
    .join("\n");
  const written = [...text.matchAll(/^\s+(?:\.\.\.\(.*\{ )?(\w+)(?::|,$)/gm)].map(([, name]) => name!);
  const asked = [
    "reply",
    "session",
    "model",
    "epoch",
    "status",
    "inputTokens",
    "code",
    "durationMs",
    "retries",
  ];
  expect([...asked, "method", "route", "bytes", "aborted"].filter((name) => !written.includes(name))).toEqual(
    [],
  );
  expect(asked.filter((name) => !LOG_FIELDS.includes(name))).toEqual([]);
});
