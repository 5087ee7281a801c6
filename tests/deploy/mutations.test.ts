import { describe, expect, test } from "vitest";
import { checkDeployment } from "./check-deployment.ts";
import { ADDON_PARAMETERS, ADDONS, ENVIRONMENT_PATCHES, MANIFEST, SERVICE_PATCHES } from "./problem.ts";
import { readFiles } from "./read-files.ts";

const files = readFiles();
const BEDROCK = `${ADDONS}bedrock.yml`;
const OBSERVABILITY = `${ADDONS}observability.yml`;
const TEST = "copilot/environments/test/manifest.yml";

/** The problems after one piece of one file was replaced. */
function problemsAfter(file: string, from: string | RegExp, to: string): string[] {
  const mutated = files[file]!.replace(from, to);
  expect(mutated, "the mistake was not made").not.toBe(files[file]);
  return checkDeployment({ ...files, [file]: mutated });
}

test("the deployment as it is committed is fit", () => {
  expect(checkDeployment(files)).toEqual([]);
});

type Mistake = [name: string, from: string | RegExp, to: string, expected: string];

/** Each is something that Copilot or AWS would take in silence, or refuse only after minutes. */
function seeded(file: string, mistakes: Mistake[]) {
  describe(file, () => {
    test.each(mistakes)("%s", (_, from, to, expected) => {
      const problems = problemsAfter(file, from, to);
      expect(problems.join("\n")).toContain(expected);
      expect(problems.every((line) => /^\S+: .+: .+/.test(line) && !line.includes("undefined"))).toBe(true);
    });
  });
}

seeded(MANIFEST, [
  ["a misspelt key", "stickiness:", "stickyness:", "http.stickyness: is no key that this check knows"],
  ["a misspelt key in a volume", "read_only:", "readonly:", "storage.volumes.data.readonly: is no key"],
  [
    "a key one level too high",
    "  deregistration_delay:",
    "deregistration_delay:",
    "chat/manifest.yml: deregistration_delay: is no key",
  ],
  ["a misspelt key in an override", "    cpu: 256", "    cpus: 256", "environments.test.cpus: is no key"],
  ["a key that stands twice", "exec: true", "exec: true\nexec: true", "Map keys must be unique"],
  [
    "a memory that Fargate does not have",
    "memory: 1024",
    "memory: 768",
    "memory: Fargate has 1024, 2048, 3072, 4096 with cpu 512",
  ],
  [
    "a pair in one environment only",
    "    memory: 512",
    "    memory: 4096",
    "memory: Fargate has 512, 1024, 2048 with cpu 256",
  ],
  ["a cpu that Fargate does not have", "cpu: 512", "cpu: 500", "cpu: is no size of Fargate"],
  ["an architecture that is not there", "linux/arm64", "linux/arm", "platform: must be one of"],
  [
    "a range that ends before it begins",
    "range: 2-10",
    "range: 10-2",
    "count.range: ends before it begins: 10-2",
  ],
  ["a range without a task", "range: 1-2", "range: 0-2", "count.range: begins with no task"],
  ["a range of words", "range: 2-10", "range: two", "count.range: must be a range"],
  [
    "a range with nothing to scale by",
    /cpu_percentage: 60\n {6}memory_percentage: 75/,
    "",
    "count: needs cpu_percentage",
  ],
  [
    "more than all of the CPU",
    "value: 60",
    "value: 160",
    "count.cpu_percentage.value: must be from 1 to 100",
  ],
  [
    "a fixed count, which the patches do not fit",
    /count:\n {6}range: 1-2\n.*\n.*/,
    "count: 1",
    "DynamicDesiredCountFunction/Properties/Runtime: replace finds nothing there",
  ],
  [
    "a timeout as long as the interval",
    "timeout: 5s",
    "timeout: 15s",
    "http.healthcheck.timeout: must be shorter than the interval of 15s",
  ],
  [
    "a timeout shorter than the app takes",
    "timeout: 5s",
    "timeout: 2s",
    "http.healthcheck.timeout: must be longer than the 2.5 s",
  ],
  [
    "a duration without its unit",
    "interval: 15s",
    'interval: "15"',
    "http.healthcheck.interval: must be a duration with its unit",
  ],
  [
    "an interval below the load balancer's least",
    "interval: 15s",
    "interval: 3s",
    "http.healthcheck.interval: must be from 5s to 300s",
  ],
  [
    "a threshold of one",
    "unhealthy_threshold: 4",
    "unhealthy_threshold: 1",
    "unhealthy_threshold: must be from 2 to 10",
  ],
  [
    "tasks that die of a short stall",
    "unhealthy_threshold: 4",
    "unhealthy_threshold: 2",
    "kills every task after a volume that stalls for 30 s",
  ],
  [
    "a health check that the app does not have",
    "path: /readyz",
    "path: /health",
    "the app has no check at /health",
  ],
  [
    "a health check that redirects pass",
    'success_codes: "200"',
    'success_codes: "200-399"',
    "http.healthcheck.success_codes: must be 200",
  ],
  ["another path", 'path: "/"', 'path: "/chat"', "http.path: must be /"],
  ["stickiness", "stickiness: false", "stickiness: true", "http.stickiness: must be false"],
  [
    "a deregistration delay over an hour",
    "deregistration_delay: 110s",
    "deregistration_delay: 2h",
    "http.deregistration_delay: must be from 0s to 3600s",
  ],
  [
    "a deregistration shorter than draining",
    "deregistration_delay: 110s",
    "deregistration_delay: 60s",
    "must be more than DRAIN_SECONDS (100), is 60s",
  ],
  [
    "a deregistration longer than the task has",
    "deregistration_delay: 110s",
    "deregistration_delay: 130s",
    "must be less than StopTimeout (120), is 130s",
  ],
  [
    "draining longer than the task has",
    'DRAIN_SECONDS: "100"',
    'DRAIN_SECONDS: "150"',
    "variables.DRAIN_SECONDS: must be less than StopTimeout (120)",
  ],
  [
    "a task that refuses what is still sent to it",
    'SHUTDOWN_DELAY_SECONDS: "10"',
    'SHUTDOWN_DELAY_SECONDS: "0"',
    "variables.SHUTDOWN_DELAY_SECONDS: must be from 5",
  ],
  [
    "no time left to drain",
    'SHUTDOWN_DELAY_SECONDS: "10"',
    'SHUTDOWN_DELAY_SECONDS: "100"',
    "to less than DRAIN_SECONDS (100), is 100",
  ],
  [
    "connections that the app closes first",
    'KEEP_ALIVE_SECONDS: "75"',
    'KEEP_ALIVE_SECONDS: "60"',
    "KEEP_ALIVE_SECONDS: must be more than the idle timeout (60), is 60",
  ],
  [
    "a port that nobody listens on",
    "port: 3000",
    "port: 8080",
    "image.port: the Dockerfile listens on 3000, not 8080",
  ],
  [
    "a volume at another path",
    "path: /data",
    "path: /var/data",
    "storage.volumes.data.path: the app keeps its data in /data",
  ],
  [
    "a volume that cannot be written, the default",
    "      read_only: false\n",
    "",
    "read_only: must be false: the default is true",
  ],
  ["a uid without its gid", "        gid: 1000\n", "", "storage.volumes.data.efs: needs both uid and gid"],
  ["files of root", /uid: 1000\n {8}gid: 1000/, "uid: 0\n        gid: 0", "efs.uid: must not be root"],
  [
    "another uid than the image's",
    "uid: 1000",
    "uid: 1001",
    "efs.uid: the Dockerfile's user is 1000:1000, not 1001:1000",
  ],
  [
    "no file system behind the volume",
    /      efs:\n.*\n.*\n/,
    "",
    "storage.volumes.data.efs: is missing: without it",
  ],
  [
    "no volume at all",
    /volumes:\n {4}data:[^]*?\n\n/,
    "volumes: {}\n\n",
    "storage.volumes: must be one volume",
  ],
  [
    "a file system of one's own without an access point",
    /uid: 1000\n {8}gid: 1000/,
    "id: fs-0123456789abcdef0",
    "efs.auth.access_point_id: is missing",
  ],
  [
    "an access point without IAM",
    /uid: 1000\n {8}gid: 1000/,
    "id: fs-0123456789abcdef0\n        auth:\n          access_point_id: fsap-0123456789abcdef0",
    "efs.auth.iam: must be true",
  ],
  [
    "a variable that the app does not have",
    "MODEL_PROVIDER:",
    "MODEL_PROVDER:",
    "variables.MODEL_PROVDER: is no variable of the app",
  ],
  [
    "a value that stops every task at start",
    "MODEL_PROVIDER: bedrock",
    "MODEL_PROVIDER: openai",
    "variables.MODEL_PROVIDER: MODEL_PROVIDER must be bedrock",
  ],
  [
    "alarms for metrics that the app does not write",
    "METRICS: emf",
    "METRICS: none",
    "variables.METRICS: must be emf",
  ],
  [
    "a name that Copilot gives",
    "variables:",
    "variables:\n  COPILOT_SERVICE_NAME: web",
    "variables.COPILOT_SERVICE_NAME: is set by Copilot",
  ],
  [
    "one name for all tasks",
    "variables:",
    "variables:\n  NODE_NAME: chat",
    "variables.NODE_NAME: would give every task the same name",
  ],
  [
    "addresses that are all the load balancer's",
    'TRUSTED_HOPS: "1"',
    'TRUSTED_HOPS: "0"',
    "variables.TRUSTED_HOPS: must be 1",
  ],
  [
    "addresses that clients make up",
    'TRUSTED_HOPS: "1"',
    'TRUSTED_HOPS: "2"',
    "variables.TRUSTED_HOPS: must be 1 without CloudFront, is 2",
  ],
  [
    "a budget in dollars for models whose price is not known",
    "variables:",
    "variables:\n  MODELS: bedrock/us.anthropic.claude-sonnet-0-1",
    "variables.DAILY_DOLLAR_BUDGET: DAILY_DOLLAR_BUDGET needs the prices of all models",
  ],
  [
    "a Dockerfile that is not there",
    "dockerfile: Dockerfile",
    "dockerfile: ../Dockerfile",
    "image.build.dockerfile: must be Dockerfile",
  ],
  [
    "a secret for all to read",
    "variables:",
    "variables:\n  ACCESS_CODE: please",
    "variables.ACCESS_CODE: is a secret",
  ],
  [
    "what the image says otherwise",
    "variables:",
    'variables:\n  PORT: "80"',
    "variables.PORT: is set by the Dockerfile",
  ],
  [
    "a loopback address",
    "variables:",
    "variables:\n  HOST: 127.0.0.1",
    "variables.HOST: is set by the Dockerfile",
  ],
  [
    "a variable of the deployer's shell",
    "MODEL_PROVIDER: bedrock",
    "MODEL_PROVIDER: ${PROVIDER}",
    "takes PROVIDER from the shell",
  ],
  [
    "a secret without Copilot's tags",
    "logging:",
    "secrets:\n  ACCESS_CODE: /mine/ACCESS_CODE\nlogging:",
    "secrets.ACCESS_CODE: must be where `copilot secret init` puts it",
  ],
  [
    "a secret that nobody reads",
    "logging:",
    "secrets:\n  PASSWORD: /copilot/${COPILOT_APPLICATION_NAME}/${COPILOT_ENVIRONMENT_NAME}/secrets/P\nlogging:",
    "secrets.PASSWORD: is no variable of the app",
  ],
  [
    "a model that the tasks may not call",
    "variables:",
    "variables:\n  MODELS: bedrock/us.amazon.nova-premier-v1:0",
    "the tasks may call us.amazon.nova-premier-v1:0 in no region",
  ],
  [
    "a retention that CloudWatch does not have",
    "retention: 30",
    "retention: 45",
    "logging.retention: is no retention",
  ],
  ["no way to log in", "exec: true", "exec: false", "exec: must be true"],
  [
    "an override for an environment that is not there",
    "  test:",
    "  testing:",
    "environments.testing: is for an environment that is not there",
  ],
  [
    "another name than the folder's",
    "name: chat",
    "name: holdfast",
    "name: must be that of its folder, chat",
  ],
  [
    "a type that Copilot deploys without a load balancer",
    "Load Balanced Web Service",
    "Backend Service",
    'type: must be "Load Balanced Web Service"',
  ],
  [
    "a deployment that stops everything first",
    "logging:",
    "deployment:\n  rolling: recreate\nlogging:",
    "deployment.rolling: recreate stops every task",
  ],
  [
    "a placement that is none",
    "placement: private",
    "placement: privat",
    "network.vpc.placement: must be one of",
  ],
]);

seeded(SERVICE_PATCHES, [
  [
    "a path that is not there",
    "/0/StopTimeout",
    "/1/StopTimeout",
    "ContainerDefinitions/1/StopTimeout: add finds nothing there in the service's stack in test",
  ],
  [
    "a misspelt property",
    "0/StopTimeout",
    "0/StopTimeOut",
    "StopTimeOut: is no property that CloudFormation knows",
  ],
  [
    "a property of the task on its container",
    "ContainerDefinitions/0/StopTimeout",
    "StopTimeout",
    "TaskDefinition.Properties.StopTimeout: is no property",
  ],
  [
    "more time than Fargate gives",
    "value: 120",
    "value: 300",
    "StopTimeout: must be from 2 to 120 on Fargate, is 300",
  ],
  ["a unit where a number belongs", "value: 120", "value: 120s", 'StopTimeout: must be a number, is "120s"'],
  [
    "less time than draining takes",
    "value: 120",
    "value: 90",
    "variables.DRAIN_SECONDS: must be less than StopTimeout (90)",
  ],
  [
    "no init process",
    "InitProcessEnabled: true",
    "InitProcessEnabled: false",
    "LinuxParameters.InitProcessEnabled: must be patched to true",
  ],
  [
    "a value of the wrong kind",
    /value:\n {4}InitProcessEnabled: true/,
    "value: true",
    "LinuxParameters: must be an object",
  ],
  ["another user", '"1000:1000"', '"0:0"', "User: the Dockerfile's user is 1000:1000, not 0:0"],
  [
    "one function left on Node 20",
    /- op: replace\n {2}path: \/Resources\/EnvControllerFunction.*\n.*\n/,
    "",
    "Resources.EnvControllerFunction.Properties.Runtime: must be patched to nodejs24.x, is nodejs20.x",
  ],
  [
    "a Node that AWS will refuse",
    "nodejs24.x",
    "nodejs22.x",
    "Runtime: must be patched to nodejs24.x, is nodejs22.x",
  ],
  [
    "a function that is not made",
    "EnvControllerFunction",
    "NLBCertValidatorFunction",
    "replace finds nothing there",
  ],
  ["an operation that Copilot does not have", "op: add", "op: merge", "0.op: must be one of"],
  [
    "a path without its slash",
    "/Resources/TaskDefinition",
    "Resources/TaskDefinition",
    "0.path: must begin with /Resources/",
  ],
  ["a patch without a value", "  value: 120\n", "", "0.value: is missing"],
]);

seeded(ENVIRONMENT_PATCHES, [
  [
    "a file system that goes with the service",
    /- op: add\n {2}path: \/Resources\/FileSystem\/DeletionPolicy\n.*\n/,
    "",
    "FileSystem.DeletionPolicy: must be patched to Retain",
  ],
  [
    "one that goes when it is replaced",
    /- op: add\n {2}path: \/Resources\/FileSystem\/UpdateReplacePolicy\n.*\n/,
    "",
    "FileSystem.UpdateReplacePolicy: must be patched to Retain",
  ],
  [
    "a policy among the properties",
    "/FileSystem/DeletionPolicy",
    "/FileSystem/Properties/DeletionPolicy",
    "Properties.DeletionPolicy: is no property",
  ],
  [
    "a policy that is misspelt",
    "/FileSystem/DeletionPolicy",
    "/FileSystem/DeletePolicy",
    "FileSystem.DeletePolicy: is nothing that a resource has",
  ],
  ["a policy that keeps nothing", "value: Retain", "value: Delete", "must be patched to Retain"],
  [
    "a volume that starves",
    "value: elastic",
    "value: bursting",
    "ThroughputMode: must be patched to elastic",
  ],
  [
    "a change that replaces the file system",
    "Properties/ThroughputMode\n  value: elastic",
    "Properties/Encrypted\n  value: false",
    "Encrypted: cannot be changed without a new, empty file system",
  ],
  [
    "an idle timeout longer than the app's",
    'Value: "60"',
    'Value: "120"',
    "KEEP_ALIVE_SECONDS: must be more than the idle timeout (120), is 75",
  ],
  [
    "an idle timeout shorter than the heartbeats",
    'Value: "60"',
    'Value: "8"',
    "HEARTBEAT_SECONDS: twice it must be less than 8 s",
  ],
  [
    "an attribute that is misspelt",
    "idle_timeout.timeout_seconds",
    "idle_timeout.seconds",
    "idle_timeout.seconds is no attribute",
  ],
  [
    "all attributes replaced by one",
    "LoadBalancerAttributes/-",
    "LoadBalancerAttribute/-",
    "LoadBalancerAttribute/-: add finds nothing there in the stack of test",
  ],
  [
    "a function of CloudFront, where there is none",
    "CertificateValidationFunction",
    "CertificateReplicatorFunction",
    "replace finds nothing there in the stack of test",
  ],
]);

seeded(TEST, [
  ["a misspelt key", "container_insights", "containerInsights", "observability.containerInsights: is no key"],
  ["another name than the folder's", "name: test", "name: prod", "name: must be that of its folder, test"],
  [
    "certificates, so that functions are not made",
    "    ssl_policy:",
    "    certificates: [arn:aws:acm:us-east-1:123456789012:certificate/0a]\n    ssl_policy:",
    "DNSDelegationFunction/Properties/Runtime: replace finds nothing there in the stack of test",
  ],
  [
    "a door for CloudFront without CloudFront",
    "    ssl_policy:",
    "    ingress:\n      cdn: true\n    ssl_policy:",
    "http.public.ingress.cdn: lets nobody in",
  ],
  [
    "a way around CloudFront",
    "observability:",
    "cdn:\n  terminate_tls: true\nobservability:",
    "everybody can go past CloudFront",
  ],
  [
    "CloudFront that asks for TLS where there is none",
    "observability:",
    "cdn: true\nobservability:",
    "http.alias: is missing: CloudFront without terminate_tls",
  ],
  [
    "a certificate of another region",
    "observability:",
    "cdn:\n  terminate_tls: true\n  certificate: arn:aws:acm:eu-west-1:123456789012:certificate/0a\nobservability:",
    "cdn.certificate: must be the ARN of a certificate in us-east-1",
  ],
  [
    "a VPC without its subnets",
    "observability:",
    "network:\n  vpc:\n    id: vpc-0123456789abcdef0\nobservability:",
    "network.vpc.subnets: is missing",
  ],
  [
    "a single subnet",
    "observability:",
    "network:\n  vpc:\n    id: vpc-0123456789abcdef0\n    subnets:\n      public: [{ id: subnet-0123456789abcdef0 }]\n      private: [{ id: subnet-0123456789abcdef1 }]\nobservability:",
    "network.vpc.subnets.public: must be two at least",
  ],
]);

seeded(BEDROCK, [
  [
    "a right that is not given",
    /Outputs:[^]*/,
    "",
    "Outputs: names no policy, so the tasks may not call any model",
  ],
  [
    "a policy that becomes a variable",
    "Value: !Ref BedrockPolicy",
    "Value: !Sub ${BedrockPolicy}",
    "Outputs.BedrockPolicyArn: is no managed policy",
  ],
  ["a misspelt action", "InvokeModelWithResponseStream", "InvokeModelWithResponsStream", "is denied"],
  [
    "every action",
    "Action: bedrock:InvokeModelWithResponseStream",
    "Action: bedrock:*",
    "which nothing needs",
  ],
  [
    "every service",
    "Action: bedrock:InvokeModelWithResponseStream\n            Resource:\n              - !Sub\n",
    'Action: "*"\n            Resource:\n              - "*"\n              - !Sub\n',
    "which nothing needs",
  ],
  [
    "every profile",
    "inference-profile/${Prefix}anthropic.claude-sonnet-5-5",
    "inference-profile/*",
    "which nothing needs",
  ],
  [
    "another geography",
    "eu-central-1: { Nova: eu., Claude: eu. }",
    "eu-central-1: { Nova: eu., Claude: global. }",
    "eu-central-1: eu.anthropic.claude-sonnet-5-5 is on offer",
  ],
  [
    "a model that is left out",
    / +- !Sub arn.*foundation-model\/anthropic.claude-haiku-5-5\n/,
    "",
    "claude-haiku-5-5 is denied",
  ],
  [
    "one region of many",
    "bedrock:*::foundation-model/amazon.nova-pro",
    "bedrock:us-east-1::foundation-model/amazon.nova-pro",
    "us.amazon.nova-pro-v1:0 is on offer, and arn:aws:bedrock:us-east-2::foundation-model/amazon.nova-pro-v1:0 is denied",
  ],
  [
    "models past their profiles",
    /            Condition:\n.*\n.*inference-profile\/\*\n/,
    "",
    "allows bedrock:InvokeModelWithResponseStream on arn:aws:bedrock:us-east-1::foundation-model/anthropic",
  ],
  ["an older model", "claude-sonnet-5-5", "claude-sonnet-4-5", "claude-sonnet-5-5 is denied"],
  [
    "an account in a model's name",
    "bedrock:*::foundation-model/amazon.nova-lite",
    "bedrock:*:${AWS::AccountId}:foundation-model/amazon.nova-lite",
    "nova-lite-v1:0 is denied",
  ],
  [
    "a region that is not in the table",
    /    sa-east-1:.*\n/,
    "",
    "sa-east-1: there is no Profiles.sa-east-1.Claude",
  ],
  [
    "Nova where there is none",
    "sa-east-1: { Nova: none",
    "sa-east-1: { Nova: us.",
    "sa-east-1: allows bedrock:InvokeModelWithResponseStream",
  ],
  [
    "a condition that is not there",
    "- NovaByProfile",
    "- NovaByProfiles",
    "there is no condition NovaByProfiles",
  ],
  ["an operator of conditions that is misspelt", "StringLike:", "StringsLike:", "PolicyDocument"],
  ["an old version of the language", '"2012-10-17"', '"2008-10-17"', "Version must be 2012-10-17"],
  [
    "a statement's name with a dash",
    "Sid: ClaudeProfiles",
    "Sid: claude-profiles",
    "Sid must be letters and digits",
  ],
  ["a parameter that Copilot passes", /  Name:\n {4}Type: String\n/, "", "Parameters.Name: is missing"],
  [
    "a type that is misspelt",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::ManagedPolicies",
    "AWS::IAM::ManagedPolicies is no type of resource",
  ],
  [
    "a property of another resource",
    "PolicyDocument:",
    "AssumeRolePolicyDocument:",
    "AssumeRolePolicyDocument: is no property",
  ],
  [
    "an alias, which CloudFormation refuses",
    "Resource:\n              - !Sub",
    "Resource: &all\n              - *all\n              - !Sub",
    "has a YAML alias",
  ],
  ["a function that is misspelt", "!FindInMap", "!FindInMaps", "Unresolved tag: !FindInMaps"],
]);

seeded(OBSERVABILITY, [
  [
    "a metric that the app does not write",
    "MetricName: RepliesFailed",
    "MetricName: FailedReplies",
    "the app writes no metric FailedReplies",
  ],
  [
    "a metric that AWS does not have",
    "HTTPCode_ELB_5XX_Count\n",
    "HTTPCode_ELB_5xx_Count\n",
    "AWS/ApplicationELB has no metric HTTPCode_ELB_5xx_Count",
  ],
  [
    "dimensions under which nothing is written",
    "- Name: Application\n",
    "- Name: App\n",
    "needs the dimensions Application, Environment, Service",
  ],
  ["a comparison that is none", "LessThanThreshold", "LessThan", "ComparisonOperator: must be one of"],
  [
    "a period that CloudWatch does not have",
    "Period: 300",
    "Period: 90",
    "Period: must be 10, 30 or a multiple of 60",
  ],
  [
    "an alarm that can never sound",
    "DatapointsToAlarm: 3",
    "DatapointsToAlarm: 6",
    "DatapointsToAlarm: asks for more points",
  ],
  ["a dashboard that is no JSON", '{"widgets": [', '{"widgets": [,', "DashboardBody: is no JSON"],
  [
    "a dashboard with a metric that is not there",
    'MetricName=\\"StorageBytes',
    'MetricName=\\"StoredBytes',
    "AWS/EFS has no metric StoredBytes",
  ],
  ["a topic that is not there", "!Ref AlarmTopic", "!Ref Topic", "there is no parameter or resource Topic"],
  [
    "a variable for the tasks by mistake",
    /$/,
    "\nOutputs:\n  AlarmTopicArn:\n    Value: !Ref AlarmTopic\n",
    "Outputs.AlarmTopicArn: is no managed policy, so Copilot makes it an environment variable",
  ],
  [
    "a resource that another addon has",
    "  AlarmTopic:\n",
    "  BedrockPolicy:\n",
    "stands in copilot/chat/addons/",
  ],
  [
    "a parameter that nobody passes",
    "  TargetGroup:\n    Type: String",
    "  Targets:\n    Type: String",
    "Parameters.Targets: is passed by nobody",
  ],
  ["a property that is missing", /      ComparisonOperator: .*\n/, "", "ComparisonOperator: must be one of"],
]);

seeded(ADDON_PARAMETERS, [
  [
    "a circle of stacks",
    "!GetAtt TargetGroup.TargetGroupFullName",
    "!GetAtt Service.Name",
    "Service waits for the addons, and they would wait for it",
  ],
  [
    "a resource that is not there",
    "TargetGroup.TargetGroupFullName",
    "PublicTargetGroup.TargetGroupFullName",
    "PublicTargetGroup is no resource of the service's stack",
  ],
  [
    "what Copilot passes already",
    "LoadBalancer:",
    "Name: chat\n  LoadBalancer:",
    "Parameters.Name: is passed by Copilot already",
  ],
  [
    "a parameter of no addon",
    "LoadBalancer:",
    "Cluster: chat\n  LoadBalancer:",
    "Parameters.Cluster: is a parameter of no addon",
  ],
]);

seeded("Dockerfile", [
  [
    "npm as process 1",
    /CMD \["\/bin.*/,
    "CMD npm start",
    "CMD: must be such that the image starts node by way of",
  ],
  [
    "an old Node",
    /node:24[\d.]+/g,
    "node:18",
    "FROM: must be such that the image stands on one patch version",
  ],
  [
    "a build under emulation",
    "--platform=$BUILDPLATFORM ",
    "",
    "FROM: must be such that the image builds on the machine's own platform",
  ],
  ["another port", /3000/g, "8080", "image.port: the Dockerfile listens on 8080, not 3000"],
  [
    "another user",
    "USER 1000:1000",
    "USER 1001:1001",
    "efs.uid: the Dockerfile's user is 1001:1001, not 1000:1000",
  ],
  [
    "another folder",
    "DATA_DIR=/data",
    "DATA_DIR=/app/data",
    "storage.volumes.data.path: the app keeps its data in /app/data",
  ],
]);

seeded("copilot/.workspace", [
  ["a misspelt key", "application:", "app:", "application: is missing"],
  ["a name that AWS refuses", "holdfast", "Holdfast", "application: must be lower-case letters"],
]);

test.each([
  [MANIFEST, "is missing"],
  ["copilot/.workspace", "is missing"],
  [ENVIRONMENT_PATCHES, "must be patched to Retain"],
  [SERVICE_PATCHES, "must be patched to nodejs24.x"],
  [BEDROCK, "the tasks may not call any model"],
])("without %s it is not fit", (file, expected) => {
  const { [file]: _, ...others } = files;
  expect(checkDeployment(others).join("\n")).toContain(expected);
});
