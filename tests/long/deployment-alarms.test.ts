import { changed, fit, OBSERVABILITY as O, told } from "../deploy/changes.ts";
import { checkDeployment } from "../deploy/check-deployment.ts";
import { ADDON_PARAMETERS } from "../deploy/problem.ts";
import { expect, test } from "vitest";

// What watches a deployment, and would never sound, or tell nobody.

const FIRST =
  /      Namespace: Holdfast\n      MetricName: RepliesFailed\n      Dimensions:\n(.*\n){6}      Statistic: Sum\n      Period: 300\n/;
const dimensions =
  "[{ Name: Service, Value: !Ref Name }, { Name: Application, Value: !Ref App }, { Name: Environment, Value: !Ref Env }]";
/** An alarm on a metric as one of several. */
const several = (name: string, stat: string) =>
  `      Metrics:\n        - Id: m1\n          MetricStat:\n            Metric: { Namespace: Holdfast, MetricName: ${name}, Dimensions: ${dimensions} }\n            Stat: ${stat}\n            Period: 300\n`;
const inTopic = (text: string): [string, string, string] => [
  O,
  "      TopicName: !Sub ${App}-${Env}-${Name}-alarms",
  `      TopicName: !Sub \${App}-\${Env}-\${Name}-alarms\n      ${text}`,
];
const BEDROCK_ALARM =
  "  ThrottleAlarm:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n      Namespace: AWS/Bedrock\n      MetricName: InvocationThrottles\n      Statistic: Sum\n      Period: 300\n      EvaluationPeriods: 1\n      Threshold: 1\n      ComparisonOperator: GreaterThanOrEqualToThreshold\n      AlarmActions: [!Ref AlarmTopic]\n  AlarmTopic:\n";

told("an alarm", [
  [
    "of one environment in all",
    [O, "          Value: !Ref Env\n", "          Value: prod\n"],
    "the dimension Environment must be Env: with prod",
  ],
  [
    "on several metrics, one misspelt",
    [O, FIRST, several("FailedReplies", "Sum")],
    "the app writes no metric FailedReplies",
  ],
  [
    "on several metrics, by a misspelt statistic",
    [O, FIRST, several("RepliesFailed", "sum")],
    "sum is no statistic",
  ],
  ["above a hundred percent", [O, "Threshold: 80\n", "Threshold: 800\n"], "Threshold: must be from 0 to 100"],
  [
    "that is silent without targets",
    [O, "TreatMissingData: breaching", "TreatMissingData: notBreaching"],
    "must be breaching: without any target",
  ],
  [
    "on half of a metric's dimensions",
    [
      O,
      "        - Name: LoadBalancer\n          Value: !Ref LoadBalancer\n      Statistic: Minimum",
      "      Statistic: Minimum",
    ],
    "HealthyHostCount has no data under TargetGroup",
  ],
  [
    "on a misspelt dimension",
    [
      O,
      "5XX_Count\n      Dimensions:\n        - Name: LoadBalancer",
      "5XX_Count\n      Dimensions:\n        - Name: Loadbalancer",
    ],
    "has no data under Loadbalancer",
  ],
  [
    "on more days than CloudWatch keeps in mind",
    [O, "Period: 300\n      EvaluationPeriods: 2", "Period: 300\n      EvaluationPeriods: 300"],
    "must cover 24 hours at most",
  ],
  [
    "on a percentile without its letter",
    [O, "ExtendedStatistic: p99", "ExtendedStatistic: 99"],
    "99 is no statistic",
  ],
]);
fit("an alarm", [
  ["on several metrics", [O, FIRST, several("RepliesFailed", "Sum")]],
  [
    "with its dimensions in another order",
    [
      O,
      "        - Name: Application\n          Value: !Ref App\n        - Name: Environment\n          Value: !Ref Env\n",
      "        - Name: Environment\n          Value: !Ref Env\n        - Name: Application\n          Value: !Ref App\n",
    ],
  ],
  ["on a service of AWS whose metrics are not listed", [O, "  AlarmTopic:\n", BEDROCK_ALARM]],
  ["on a trimmed mean", [O, "ExtendedStatistic: p99", "ExtendedStatistic: tm99"]],
]);

told("a dashboard", [
  ["with a misspelt statistic", [O, '{"stat": "Sum"}', '{"stat": "sum"}'], "sum is no statistic"],
]);
fit("a dashboard", [
  [
    "that reckons with its metrics",
    [
      O,
      '[{"expression": "SEARCH(',
      '[{"expression": "m1/m2", "id": "e1"}],\n              [{"expression": "SEARCH(',
    ],
  ],
]);

told("a topic", [
  [
    "that CloudWatch may not encrypt for",
    inTopic("KmsMasterKeyId: alias/aws/sns"),
    "must not be the key of AWS itself",
  ],
  [
    "whose policy leaves out the alarms",
    [O, "                - cloudwatch.amazonaws.com\n", ""],
    "must let cloudwatch.amazonaws.com publish",
  ],
  [
    "whose policy leaves out the budget",
    [O, "                - budgets.amazonaws.com\n", ""],
    "must let budgets.amazonaws.com publish",
  ],
]);
fit("a topic", [
  ["with a key of one's own", inTopic("KmsMasterKeyId: alias/alarms")],
  ["with somebody who listens", inTopic("Subscription: [{ Endpoint: ops@example.com, Protocol: email }]")],
]);

told("a budget", [
  ["of no time", [O, "TimeUnit: MONTHLY", "TimeUnit: MONTH"], "TimeUnit: must be one of"],
  [
    "of no kind of cost",
    [O, "NotificationType: ACTUAL", "NotificationType: REAL"],
    "NotificationType: must be one of",
  ],
  [
    "of a fraction",
    [O, "Threshold: 80\n          Sub", "Threshold: 0.8\n          Sub"],
    "Threshold: must be in percent",
  ],
  [
    "of dollars",
    [O, "Threshold: 80\n          Sub", "Threshold: 2400\n          Sub"],
    "Threshold: must be in percent",
  ],
  ["of no service", [O, "- Amazon Bedrock", "- Bedrock"], "Bedrock is no name of a bill"],
  [
    "that writes a mail to a topic",
    [
      O,
      "SubscriptionType: SNS\n              Address: !Ref AlarmTopic",
      "SubscriptionType: SNS\n              Address: ops@example.com",
    ],
    "ops@example.com is no address",
  ],
]);
fit("a budget", [
  [
    "of dollars, said",
    [
      O,
      "Threshold: 80\n          Sub",
      "Threshold: 2400\n            ThresholdType: ABSOLUTE_VALUE\n          Sub",
    ],
  ],
  ["of twice as much", [O, "Threshold: 100\n          Sub", "Threshold: 200\n          Sub"]],
  [
    "that counts a model with a bill of its own",
    [O, "- Amazon Bedrock", "- Amazon Bedrock\n            - Claude 3.5 Sonnet (Amazon Bedrock Edition)"],
  ],
  [
    "that writes a mail",
    [
      O,
      "SubscriptionType: SNS\n              Address: !Ref AlarmTopic",
      "SubscriptionType: EMAIL\n              Address: ops@example.com",
    ],
  ],
]);

told("a function among the addons", [
  [
    "with an old Node",
    [
      O,
      "  AlarmTopic:\n",
      "  Fn:\n    Type: AWS::Lambda::Function\n    Properties: { Code: { ZipFile: x }, Role: r, Runtime: nodejs18.x, Handler: a.b }\n  AlarmTopic:\n",
    ],
    "must be nodejs24.x",
  ],
]);

told("a saved query", [
  [
    "of another log",
    [O, "- !Sub /copilot/${App}-${Env}-${Name}", "- !Sub /copilot/${App}/${Env}/${Name}"],
    "LogGroupNames: must be /copilot/${App}-${Env}-${Name}",
  ],
]);

const EXTRA: [string, string, string] = [
  O,
  "  TargetGroup:\n    Type: String\n",
  "  TargetGroup:\n    Type: String\n  Extra:\n    Type: String\n",
];
told("an import", [
  [
    "in an addon of what the environment does not export",
    [
      O,
      "TopicName: !Sub ${App}-${Env}-${Name}-alarms",
      "TopicName:\n        Fn::ImportValue: !Sub ${App}-${Env}-VPC",
    ],
    "the environment's stack exports no VPC",
  ],
]);
fit("an import", [
  [
    "in an addon of what the environment exports",
    [
      O,
      "TopicName: !Sub ${App}-${Env}-${Name}-alarms",
      "TopicName:\n        Fn::ImportValue: !Sub ${App}-${Env}-VpcId",
    ],
  ],
]);
test("an attribute in one word, as YAML without tags has it, is fit", () => {
  const long = [
    ADDON_PARAMETERS,
    "Parameters:\n",
    "Parameters:\n  Extra:\n    Fn::GetAtt: TargetGroup.TargetGroupName\n",
  ] as const;
  expect(checkDeployment(changed([EXTRA, [...long]]))).toEqual([]);
});
