import { keeps, USUAL_PLACE, type Patched } from "../check-stack.ts";
import { isAllowed, type AccessRequest, type PolicyDocument } from "./iam.ts";
import {
  isObject,
  listOf,
  object,
  oneOrMore,
  valueAt,
  type Json,
  type JsonObject,
} from "../templates/parse-yaml.ts";
import type { Report } from "../problem.ts";
import type { Place } from "../templates/resolve-template.ts";
import { words } from "../words.ts";

/** The one managed policy whose rights are judged; any other may give what is needed. */
const OF_EXECUTION = /:policy\/service-role\/AmazonECSTaskExecutionRolePolicy$/;
const BY_OF_EXECUTION = words(`ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability
  ecr:GetDownloadUrlForLayer ecr:BatchGetImage logs:CreateLogStream logs:PutLogEvents`);
const [TOKEN, ...PULL] = BY_OF_EXECUTION.slice(0, 4);
const WRITE_LOG = BY_OF_EXECUTION.slice(4);
const EXEC = words(`ssmmessages:CreateControlChannel ssmmessages:OpenControlChannel
  ssmmessages:CreateDataChannel ssmmessages:OpenDataChannel`);
const MOUNT = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"];
const PATTERN_OF_IMAGE = /^(\d+)\.dkr\.ecr\.([\w-]+)\.amazonaws\.com[^/]*\/([^:@]+)/;

type Need = [action: string, resource: string];

/** What the tasks' roles must be allowed, which Copilot gives by a managed policy, by the addon, and by the stack's tags. */
export function rightsProblems(stack: Patched, report: Report) {
  const { file, patched, place } = stack;
  const { TaskRole, TaskDefinition, Service } = withLogs(stack);
  const wrong = (role: string, message: string) => report(file, `Resources.${role}.Properties`, message);
  const task = TaskDefinition?.Properties;
  const hasExec = String(valueAt(Service, "Properties", "EnableExecuteCommand")) === "true";
  for (const [role, needs, otherwise] of [
    ["ExecutionRole", neededToStart(task, stack), "no task starts"],
    ["TaskRole", neededToMount(task, place), "the tasks do not get their volume"],
    ["TaskRole", hasExec ? EXEC.map((action): Need => [action, "*"]) : [], "nobody can log in to a task"],
  ] as const) {
    const allows = rightsOf(role, stack);
    for (const [action, resource] of needs) {
      if (!allows({ action, resource }))
        wrong(role, `must allow ${action}${resource === "*" ? "" : ` on ${resource}`}, or ${otherwise}`);
    }
  }
  if (valueAt(TaskRole, "Properties", "ManagedPolicyArns", "0") === undefined)
    wrong("TaskRole", "must have BedrockPolicyArn, or the tasks may not call any model");
  const tags = valueAt(patched.Resources.TaskRole, "Properties", "Tags");
  for (const [key, parameter] of [
    ["copilot-application", "AppName"],
    ["copilot-environment", "EnvName"],
  ] as const) {
    const value = place.parameters?.[parameter];
    if (!keeps([{ Key: key, Value: value! }], tags))
      wrong("TaskRole", `must have the tag ${key}, which the policy of the file system asks for`);
  }
}

/** The resources with the names and ARNs of their logs in place of references. */
function withLogs({ patched, place }: Patched): Record<string, JsonObject> {
  const logs = Object.entries(patched.Resources).filter(([, { Type }]) => Type === "AWS::Logs::LogGroup");
  const text = logs.reduce((all, [id, { Properties }]) => {
    const name = String(valueAt(Properties, "LogGroupName") ?? id);
    return all
      .replaceAll(`"attribute ${id}.Arn"`, `"${arnOf(place, "logs", `log-group:${name}:*`)}"`)
      .replaceAll(`"reference ${id}"`, `"${name}"`);
  }, JSON.stringify(patched.Resources));
  return JSON.parse(text) as Record<string, JsonObject>;
}

function arnOf({ partition, region, account }: Place, service: string, what: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${what}`;
}

/** What Fargate does for a task before it runs: pull images of ECR, write logs, read secrets. */
function neededToStart(task: Json | undefined, { patched, place }: Patched): Need[] {
  return listOf(valueAt(task, "ContainerDefinitions")).flatMap((container) => {
    const [, account, region, repository] = PATTERN_OF_IMAGE.exec(String(valueAt(container, "Image"))) ?? [];
    const image = `arn:${place.partition}:ecr:${region}:${account}:repository/${repository}`;
    const log = valueAt(container, "LogConfiguration", "Options", "awslogs-group");
    const stream = arnOf(place, "logs", `log-group:${String(log)}:log-stream:copilot/chat/id`);
    // ARNs that are written out are of the usual place, where they are judged.
    const read = place.region === USUAL_PLACE.region ? listOf(valueAt(container, "Secrets")) : [];
    const secrets = read.map((each) => String(valueAt(each, "ValueFrom")));
    return [
      ...(repository === undefined
        ? []
        : [[TOKEN!, "*"] as Need, ...PULL.map((each): Need => [each, image])]),
      ...(log === undefined ? [] : WRITE_LOG.map((each): Need => [each, stream])),
      ...secrets.flatMap((from) => neededToRead(from, patched.Resources, place)),
    ];
  });
}

/** A parameter by its name or ARN, or a secret: by its ARN, with a key of its JSON behind, or one of this template. */
function neededToRead(from: string, resources: Record<string, JsonObject>, place: Place): Need[] {
  const id = /^reference (\w+)$/.exec(from)?.[1] ?? "";
  const key = valueAt(resources[id], "Properties", "KmsKeyId");
  if (resources[id]?.Type === "AWS::SecretsManager::Secret")
    return [
      ["secretsmanager:GetSecretValue", from],
      ...(key === undefined ? [] : [["kms:Decrypt", String(key)] as Need]),
    ];
  if (/^arn:[^:]*:secretsmanager:/.test(from))
    return [["secretsmanager:GetSecretValue", from.split(":").slice(0, 7).join(":")]];
  const parameter = from.startsWith("arn:")
    ? from
    : arnOf(place, "ssm", `parameter/${from.replace(/^\//, "")}`);
  return [["ssm:GetParameters", parameter]];
}

function neededToMount(task: Json | undefined, place: Place): Need[] {
  return listOf(valueAt(task, "Volumes")).flatMap((volume) => {
    const given = valueAt(volume, "EFSVolumeConfiguration");
    if (valueAt(given, "AuthorizationConfig", "IAM") !== "ENABLED") return [];
    const id = String(valueAt(given, "FilesystemId"));
    return MOUNT.map((action): Need => [action, arnOf(place, "elasticfilesystem", `file-system/${id}`)]);
  });
}

/** What a role allows, by its own policies and those that are attached to it. A condition is taken to be met. */
function rightsOf(role: string, stack: Patched): (request: AccessRequest) => boolean {
  const resources = withLogs(stack);
  const properties = resources[role]?.Properties;
  const managed = oneOrMore(valueAt(properties, "ManagedPolicyArns")).map(String);
  const attached = Object.values(resources).filter(
    ({ Type, Properties }) =>
      /^AWS::IAM::(Managed|Role)?Policy$/.test(String(Type)) &&
      JSON.stringify([object(Properties).Roles ?? "", object(Properties).RoleName ?? ""]).includes(role),
  );
  const documents = [...listOf(valueAt(properties, "Policies")), ...attached.map((each) => each.Properties!)];
  const policy: PolicyDocument = {
    Version: "2012-10-17",
    Statement: documents.flatMap((each) =>
      oneOrMore(valueAt(each, "PolicyDocument", "Statement"))
        .filter(isObject)
        .flatMap(simplified),
    ),
  };
  const isOfTasks = role === "TaskRole";
  return (request) =>
    managed.some((arn) => (OF_EXECUTION.test(arn) ? BY_OF_EXECUTION.includes(request.action) : !isOfTasks)) ||
    isAllowed(policy, request);
}

/** A statement without its condition: a denial with one is taken to be of something else. */
function simplified(statement: JsonObject): PolicyDocument["Statement"] {
  const { Effect, Action, Resource, Condition, NotAction } = statement;
  if (Effect !== "Allow" && (Condition !== undefined || NotAction !== undefined)) return [];
  const texts = (value: Json | undefined) => (value === undefined ? ["*"] : oneOrMore(value).map(String));
  return [
    { Effect: Effect === "Allow" ? "Allow" : "Deny", Action: texts(Action), Resource: texts(Resource) },
  ];
}
