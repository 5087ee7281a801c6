import { add, fit, OBSERVABILITY, patch, told, type Change } from "../changes.ts";
import { ENVIRONMENT_TEMPLATE, SERVICE_TEMPLATE } from "../check-templates.ts";
import { ADDONS, SERVICE_PATCHES } from "../problem.ts";

const COMMON = "Parameters:\n  App: { Type: String }\n  Env: { Type: String }\n  Name: { Type: String }\n";

/** One addon more. */
const addon = (text: string): Change => [`${ADDONS}more.yml`, /^$/, COMMON + text];
const inPolicy = (text: string): Change => [
  OBSERVABILITY,
  "  AlarmTopicPolicy:\n",
  `  AlarmTopicPolicy:\n    ${text}\n`,
];
const named = (TopicName: object | string) =>
  add(SERVICE_PATCHES, "MyTopic", { Type: "AWS::SNS::Topic", Properties: { TopicName } });
const section = (path: string, value: object) => patch(SERVICE_PATCHES, { op: "add", path, value });

told("in our templates", [
  [
    "a constant in place of a parameter",
    [SERVICE_TEMPLATE, "Value: !Ref TrustedHops", 'Value: "1"'],
    "Parameters.TrustedHops: is used nowhere",
  ],
  [
    "an output of another resource",
    [ENVIRONMENT_TEMPLATE, "Value: !Ref HTTPListener\n", "Value: !Ref PublicLoadBalancer\n"],
    "Outputs.HTTPListenerArn: must be !Ref HTTPListener, is !Ref PublicLoadBalancer",
  ],
  [
    "a role for another repository",
    [SERVICE_TEMPLATE, "repository/${RepositoryName}", "repository/chat"],
    "must allow ecr:BatchGetImage on arn:aws:ecr:us-east-1:123456789012:repository/holdfast/chat",
  ],
  [
    "metrics without the service's name",
    [SERVICE_TEMPLATE, / {12}- Name: COPILOT_SERVICE_NAME\n.*\n/, ""],
    "must have COPILOT_SERVICE_NAME with !Ref WorkloadName",
  ],
  [
    "a header that CloudFront does not send",
    [ENVIRONMENT_TEMPLATE, "HeaderName: X-Forwarded-For", "HeaderName: X-Real-IP"],
    "HeaderName: must be X-Forwarded-For",
  ],
]);

told("in any template", [
  [
    "a resource's name with a dash",
    [OBSERVABILITY, "  AlarmTopicPolicy:\n", "  Alarm-Topic-Policy:\n"],
    "Resources.Alarm-Topic-Policy: must be called by letters and digits",
  ],
  [
    "a policy of deletion that is none",
    inPolicy("DeletionPolicy: Keep"),
    'AlarmTopicPolicy.DeletionPolicy: must be one of Delete, Retain, RetainExceptOnCreate, Snapshot, is "Keep"',
  ],
  [
    "a policy of replacement that only deletion has",
    add(SERVICE_PATCHES, "LogGroup/UpdateReplacePolicy", "RetainExceptOnCreate"),
    "LogGroup.UpdateReplacePolicy: must be one of Delete, Retain, Snapshot",
  ],
  [
    "a misspelt attribute of a resource",
    [SERVICE_TEMPLATE, "    DependsOn: LogGroup\n", "    DependOn: LogGroup\n"],
    "TaskDefinition.DependOn: is nothing that a resource has",
  ],
  [
    "a resource to wait for that is not there",
    inPolicy("DependsOn: Topic"),
    "AlarmTopicPolicy.DependsOn: there is no resource Topic",
  ],
  [
    "resources that wait for each other",
    add(SERVICE_PATCHES, "TargetGroup/DependsOn", "Service"),
    "waits for itself",
  ],
  [
    "a circle in a template of ours",
    [SERVICE_TEMPLATE, "  LogGroup:\n", "  LogGroup:\n    DependsOn: Service\n"],
    "waits for itself",
  ],
  [
    "a name without !Sub",
    named("${AppName}-x"),
    "Resources.MyTopic.Properties.TopicName: needs !Sub before its text, or ${AppName} stays as it is written",
  ],
  [
    "a default that the parameter does not take",
    [ENVIRONMENT_TEMPLATE, /(Cdn:\n {4}Type: String\n {4}Default: )"false"/, '$1"no"'],
    "Parameters.Cdn.Default: must be one of true, false",
  ],
  [
    "a default that is no number",
    [SERVICE_TEMPLATE, "Default: 10\n", "Default: ten\n"],
    "Parameters.MaxTasks.Default: must be a number",
  ],
  [
    "a default below the least",
    [SERVICE_TEMPLATE, "Default: 2\n    MinValue", "Default: 0\n    MinValue"],
    "Parameters.MinTasks.Default: must be 1 at least",
  ],
  [
    "a default of another form",
    [ENVIRONMENT_TEMPLATE, "Default: holdfast\n    AllowedPattern", "Default: Hold\n    AllowedPattern"],
    "Parameters.AppName.Default: must be of the form [a-z]",
  ],
  [
    "a misspelt attribute of a parameter",
    [SERVICE_TEMPLATE, "    Default: 10\n", "    Defaults: 10\n"],
    "Parameters.MaxTasks.Defaults: is nothing that a parameter has",
  ],
  [
    "a parameter that Copilot does not pass",
    section("/Parameters/Mine", { Type: "String" }),
    "Parameters.Mine.Default: is missing",
  ],
  [
    "a condition on a resource",
    [OBSERVABILITY, "!Equals [!Ref AWS::Partition, aws]", "!Equals [!Ref AlarmTopic, aws]"],
    "Conditions.HasBudgets: asks for the resource AlarmTopic",
  ],
  [
    "a condition on what is not there",
    section("/Conditions/Mine", { "Fn::Equals": [{ Ref: "Nope" }, "x"] }),
    "Conditions.Mine: there is no parameter Nope",
  ],
  [
    "a comparison with nothing",
    [OBSERVABILITY, "!Equals [!Ref AWS::Partition, aws]", "!Equals [!Ref AWS::Partition]"],
    "Conditions.HasBudgets: Fn::Equals takes 2 arguments, not 1",
  ],
  [
    "one name for two exports",
    [ENVIRONMENT_TEMPLATE, "${AWS::StackName}-VpcId", "${AWS::StackName}-ClusterId"],
    "Outputs.ClusterId.Export: has the name of VpcId's",
  ],
  [
    "a version of the language that is none",
    [SERVICE_TEMPLATE, '"2010-09-09"', '"2026-01-01"'],
    "AWSTemplateFormatVersion: must be 2010-09-09",
  ],
  [
    "a description that is too long",
    [SERVICE_TEMPLATE, "Description: Holdfast", `Description: ${"Holdfast ".repeat(200)}`],
    "Description: must have at most 1024 bytes",
  ],
]);

fit("in any template", [
  ["a name with !Sub", named({ "Fn::Sub": "${AppName}-${EnvName}-x" })],
  [
    "a pattern as only Java has them",
    section("/Parameters/Mine", { Type: "String", Default: "x", AllowedPattern: "(?i)[a-z]++" }),
  ],
  ["a parameter with a default", section("/Parameters/Mine", { Type: "String", Default: "x" })],
  [
    "a variable of IAM's, not of the template",
    addon(
      'Resources:\n  Deny:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: "2012-10-17"\n' +
        "        Statement:\n          - Effect: Deny\n            Action: s3:*\n            Resource: arn:aws:s3:::b/${aws:username}\n",
    ),
  ],
  [
    "a condition of conditions",
    addon(
      "Conditions:\n  IsProd: !Equals [!Ref Env, prod]\n  Both: !And [!Condition IsProd, !Not [!Condition IsProd]]\n" +
        "Resources:\n  More:\n    Type: AWS::SNS::Topic\n    Condition: Both\n    DeletionPolicy: RetainExceptOnCreate\n",
    ),
  ],
  [
    "a function of text",
    addon("Resources:\n  More:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: !Base64 x\n"),
  ],
]);
