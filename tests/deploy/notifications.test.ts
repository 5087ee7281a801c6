import { fit, OBSERVABILITY, told, type Change } from "./changes.ts";
import { ADDONS } from "./problem.ts";

const COMMON = "Parameters:\n  App: { Type: String }\n  Env: { Type: String }\n  Name: { Type: String }\n";

/** One addon more, which Copilot merges with the others. */
const addon = (text: string): Change => [`${ADDONS}more.yml`, /^$/, COMMON + text];
const TOPIC = "Resources:\n  More:\n    Type: AWS::SNS::Topic\n";
const subscribed = (text: string): Change => [
  OBSERVABILITY,
  "  # Saved queries",
  `  Mail:\n    Type: AWS::SNS::Subscription\n    Properties: { ${text} }\n  # Saved queries`,
];

told("two addons", [
  [
    "a condition of another meaning",
    addon(`Conditions:\n  HasBudgets: !Equals [!Ref Env, prod]\n${TOPIC}`),
    "Conditions.HasBudgets: stands in copilot/chat/addons/",
  ],
  [
    "a row of a table",
    addon(`Mappings:\n  Profiles:\n    us-east-1: { Nova: eu. }\n${TOPIC}`),
    "Profiles.us-east-1: stands in",
  ],
]);
fit("two addons", [
  ["the same condition", addon(`Conditions:\n  HasBudgets: !Equals [!Ref AWS::Partition, aws]\n${TOPIC}`)],
  ["another row", addon(`Mappings:\n  Profiles:\n    xx-east-1: { Nova: x. }\n${TOPIC}`)],
]);

told("who is told", [
  [
    "by a way that there is not",
    subscribed("TopicArn: !Ref AlarmTopic, Protocol: mail, Endpoint: a@example.com"),
    "Protocol: must be one of",
  ],
  [
    "nobody",
    subscribed("TopicArn: !Ref AlarmTopic, Protocol: email"),
    "Mail.Properties.Endpoint: is missing",
  ],
  [
    "no address",
    subscribed("TopicArn: !Ref AlarmTopic, Protocol: email, Endpoint: ops"),
    "must be an address such as",
  ],
  [
    "of a topic's name",
    subscribed("TopicArn: !GetAtt AlarmTopic.TopicName, Protocol: email, Endpoint: a@example.com"),
    "TopicArn: must be the ARN",
  ],
  [
    "by alarms of another account",
    [OBSERVABILITY, "SourceAccount: !Ref AWS::AccountId", "SourceAccount: !Ref App"],
    "must let cloudwatch.amazonaws.com publish",
  ],
  [
    "about a topic's name",
    [
      OBSERVABILITY,
      "      Topics:\n        - !Ref AlarmTopic",
      "      Topics:\n        - !GetAtt AlarmTopic.TopicName",
    ],
    "must let budgets.amazonaws.com publish",
  ],
  [
    "by a budget in words",
    [OBSERVABILITY, 'Default: "300"', "Default: many"],
    "BudgetLimit.Amount: must be a number above 0, is many",
  ],
  [
    "by a budget of a type that is none",
    [OBSERVABILITY, "BudgetType: COST", "BudgetType: COSTS"],
    "BudgetType: must be one of",
  ],
  [
    "after no point",
    [OBSERVABILITY, "DatapointsToAlarm: 2", "DatapointsToAlarm: 0"],
    "DatapointsToAlarm: must be 1 at least",
  ],
]);
fit("who is told", [
  ["by mail", subscribed("TopicArn: !Ref AlarmTopic, Protocol: email, Endpoint: a@example.com")],
  [
    "by a budget of a number",
    [OBSERVABILITY, 'Type: String\n    Default: "300"', "Type: Number\n    Default: 250.5"],
  ],
]);
