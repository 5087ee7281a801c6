import { stringify } from "yaml";
import { add, inHttp, OBSERVABILITY, type Change } from "./changes.ts";
import { COMPOSE } from "./check-compose.ts";
import { ENVIRONMENT_TEMPLATE as ET, SERVICE_TEMPLATE as ST } from "./check-templates.ts";
import { MANIFEST as M, SERVICE_PATCHES as SP, ADDONS } from "./problem.ts";

// Pieces of changes that several tests of deployments make.

export const PROD = "copilot/environments/prod/manifest.yml";
/** One more variable of the service. */
export const variable = (name: string, value: string): Change => [
  M,
  "variables:\n",
  `variables:\n  ${name}: ${value}\n`,
];
/** The same in the template. */
export const inTask = (name: string, value: string): Change => [
  ST,
  "            - Name: METRICS\n",
  `            - Name: ${name}\n              Value: ${value}\n            - Name: METRICS\n`,
];
export const indented = (value: object, by: number) =>
  stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).replaceAll(/^(?=.)/gm, " ".repeat(by));
/** One more resource in a template or an addon. */
export const resource = (file: string, id: string, value: object): Change => [
  file,
  "Resources:\n",
  `Resources:\n${indented({ [id]: value }, 2)}`,
];
/** An addon of its own. */
export const addon = (name: string, resources: object, more: object = {}): Change[] => [
  [
    `${ADDONS}${name}.yml`,
    /^/,
    stringify(
      {
        Parameters: { App: { Type: "String" }, Env: { Type: "String" }, Name: { Type: "String" } },
        ...more,
        Resources: resources,
      },
      { lineWidth: 0 },
    ),
  ],
];
/** A resource. */
export const prop = (type: string, properties: object) => ({ Type: `AWS::${type}`, Properties: properties });
export const alarm = (from: string | RegExp, to: string): Change => [OBSERVABILITY, from, to];
export const dims = [
  { Name: "Application", Value: { Ref: "App" } },
  { Name: "Environment", Value: { Ref: "Env" } },
  { Name: "Service", Value: { Ref: "Name" } },
];
/** An alarm beside the others, which differs from a right one by `p`. */
export const anAlarm = (p: object) =>
  resource(
    OBSERVABILITY,
    "MyAlarm",
    prop("CloudWatch::Alarm", {
      Namespace: "Holdfast",
      MetricName: "RepliesFailed",
      Dimensions: dims,
      Statistic: "Sum",
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 5,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      TreatMissingData: "notBreaching",
      AlarmActions: [{ Ref: "AlarmTopic" }],
      ...p,
    }),
  );
/** A saved query beside the others. */
export const query = (text: string) =>
  resource(
    OBSERVABILITY,
    "MyQuery",
    prop("Logs::QueryDefinition", {
      Name: { "Fn::Sub": "${App}-${Env}-${Name}/mine" },
      LogGroupNames: [{ "Fn::Sub": "/copilot/${App}-${Env}-${Name}" }],
      QueryString: text,
    }),
  );
/** A policy of scaling beside the others. */
export const scaling = (p: object) =>
  add(
    SP,
    "MyPolicy",
    prop("ApplicationAutoScaling::ScalingPolicy", {
      PolicyName: "mine",
      PolicyType: "TargetTrackingScaling",
      ScalingTargetId: { Ref: "AutoScalingTarget" },
      ...p,
    }),
  );
/** CloudFront in both environments. */
export const CDN: Change[] = [
  [
    "copilot/environments/test/manifest.yml",
    /# {5}ingress:\n# {7}cdn: true\n# cdn:\n# {3}terminate_tls: true\n/,
    "    ingress:\n      cdn: true\ncdn:\n  terminate_tls: true\n",
  ],
  [M, '#     variables:\n#       TRUSTED_HOPS: "2"\n', '    variables:\n      TRUSTED_HOPS: "2"\n'],
  [
    "copilot/environments/prod/manifest.yml",
    /# {5}ingress:\n# {7}cdn: true\n# cdn:\n# {3}terminate_tls: true\n/,
    "    ingress:\n      cdn: true\ncdn:\n  terminate_tls: true\n",
  ],
  [
    M,
    '#   prod:\n#     variables:\n#       TRUSTED_HOPS: "2"\n',
    '  prod:\n    variables:\n      TRUSTED_HOPS: "2"\n',
  ],
];
export const CF = "CloudFrontDistribution/Properties/DistributionConfig";
export const OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6";
export const DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
export const ALL = "216adef6-5c7f-47e4-b989-5492eafa07d3";
export const origin = { "Fn::Sub": "copilot-${AppName}-${EnvironmentName}-origin" };
/** A second behaviour of CloudFront. */
export const behaviour = (b: object): Change => [
  ET,
  "        Enabled: true\n        IPV6Enabled: true\n",
  `        CacheBehaviors:\n${indented([{ TargetOriginId: { "Fn::Sub": "copilot-${AppName}-${EnvironmentName}-origin" }, ViewerProtocolPolicy: "redirect-to-https", ...b }], 10)}        Enabled: true\n        IPV6Enabled: true\n`,
];
export const EVERY = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"];
/** A setting of the distribution. */
export const cf = (key: string, value: object | string | boolean | number): Change => [
  ET,
  "        Enabled: true\n        IPV6Enabled: true\n",
  `${indented({ [key]: value }, 8)}        Enabled: true\n        IPV6Enabled: true\n`,
];
/** The sign-in of ACCESS.md, with other settings of it, of that of the API, and of its rule. */
export const oidc = (extra: object = {}, api: object = {}, apiRule: object = {}): Change[] => {
  const config = {
    Issuer: "https://login.example.com",
    AuthorizationEndpoint: "https://login.example.com/authorize",
    TokenEndpoint: "https://login.example.com/token",
    UserInfoEndpoint: "https://login.example.com/userinfo",
    ClientId: "holdfast",
    ClientSecret: "{{resolve:secretsmanager:holdfast-oidc:SecretString:client_secret}}",
    SessionTimeout: "86400",
    ...extra,
  };
  return [
    inHttp("alias: chat-${COPILOT_ENVIRONMENT_NAME}.example.com"),
    add(SP, "HTTPSListenerRule/Properties/Actions/0/Order", 2),
    add(SP, "HTTPSListenerRule/Properties/Actions/0", {
      Type: "authenticate-oidc",
      Order: 1,
      AuthenticateOidcConfig: { ...config, OnUnauthenticatedRequest: "authenticate" },
    }),
    [
      SP,
      /$/,
      `\n- op: add\n  path: /Resources/ApiListenerRule\n  value:\n    Type: AWS::ElasticLoadBalancingV2::ListenerRule\n    Properties:\n      ListenerArn: !GetAtt EnvControllerAction.HTTPSListenerArn\n${indented({ Priority: 1, Conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: ["/api/*"] } }], ...apiRule }, 6)}      Actions:\n${indented([{ Type: "authenticate-oidc", Order: 1, AuthenticateOidcConfig: { ...config, OnUnauthenticatedRequest: "deny", ...api } }], 8)}        - Type: forward\n          Order: 2\n          TargetGroupArn: !Ref TargetGroup\n`,
    ],
  ];
};
/** Rules before the one of the firewall. */
export const waf = (rules: object[]): Change => [
  ET,
  "      Rules:\n        - Name: rate\n",
  `      Rules:\n${indented(rules, 8)}        - Name: rate\n`,
];
export const visible = (name: string) => ({
  SampledRequestsEnabled: true,
  CloudWatchMetricsEnabled: true,
  MetricName: name,
});
/** A group of rules that AWS manages. */
export const managed = (name: string, p: object = {}, s: object = {}) => ({
  Name: name,
  Priority: 5,
  OverrideAction: { None: {} },
  VisibilityConfig: visible(name),
  Statement: { ManagedRuleGroupStatement: { VendorName: "AWS", Name: name, ...s } },
  ...p,
});
/** A role that a workflow of GitHub takes under a condition. */
export const github = (condition: object | undefined, p: object = {}) =>
  addon("ci", {
    GitHub: prop("IAM::OIDCProvider", {
      Url: "https://token.actions.githubusercontent.com",
      ClientIdList: ["sts.amazonaws.com"],
    }),
    Deploy: prop("IAM::Role", {
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Federated: { Ref: "GitHub" } },
            Action: "sts:AssumeRoleWithWebIdentity",
            ...(condition && { Condition: condition }),
            ...p,
          },
        ],
      },
    }),
  });
export const T = "token.actions.githubusercontent.com";
/** A plan of AWS Backup, with what it saves. */
export const backup = (rule: object = {}, selection: object | null = {}, plan: object = {}) =>
  addon("backup", {
    Plan: prop("Backup::BackupPlan", {
      BackupPlan: {
        BackupPlanName: { "Fn::Sub": "${App}-${Env}-hourly" },
        BackupPlanRule: [
          {
            RuleName: "hourly",
            TargetBackupVault: "Default",
            ScheduleExpression: "cron(0 * * * ? *)",
            StartWindowMinutes: 60,
            CompletionWindowMinutes: 180,
            Lifecycle: { DeleteAfterDays: 3 },
            ...rule,
          },
        ],
        ...plan,
      },
    }),
    ...(selection && {
      Selection: prop("Backup::BackupSelection", {
        BackupPlanId: { Ref: "Plan" },
        BackupSelection: {
          SelectionName: "holdfast",
          IamRoleArn: {
            "Fn::Sub":
              "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/service-role/AWSBackupDefaultServiceRole",
          },
          ListOfTags: [
            {
              ConditionType: "STRINGEQUALS",
              ConditionKey: "copilot-environment",
              ConditionValue: { Ref: "Env" },
            },
          ],
          ...selection,
        },
      }),
    }),
  });
/** One more right of the tasks. */
export const mayDo = (action: string, res: string): Change => [
  ST,
  "        # `aws ecs execute-command`\n",
  `        - PolicyName: Mine\n          PolicyDocument:\n            Version: "2012-10-17"\n            Statement:\n              - { Effect: Allow, Action: "${action}", Resource: "${res}" }\n        # \`aws ecs execute-command\`\n`,
];
/** One more key of the compose file's app. */
export const app = (text: string): Change => [COMPOSE, "    init: true\n", `    init: true\n${text}\n`];
