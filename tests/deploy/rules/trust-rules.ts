import {
  intrinsic,
  isObject,
  listOf,
  oneOrMore,
  valueAt,
  type Json,
  type JsonObject,
} from "../templates/parse-yaml.ts";
import { below, type Found } from "../problem.ts";
import { referencesTo } from "../templates/references.ts";

const GITHUB = "token.actions.githubusercontent.com";
/** What nothing of ours does with everything of an account. */
const WIDE =
  /^(iam:(PassRole|\*)|sts:(AssumeRole|\*)|secretsmanager:(Get.*|\*)|ssm:(Get.*|\*)|kms:\*|bedrock:(Invoke.*|\*)|s3:(Get.*|Put.*|Delete.*|\*)|elasticfilesystem:ClientRootAccess)$/;
const ADMINISTRATOR = /:policy\/(AdministratorAccess|PowerUserAccess|IAMFullAccess)$/;

/** Roles that others than those meant may take, and rights to everything. Those in `known` are Copilot's own. */
export function trustProblems(resources: Record<string, Json>, known: readonly string[], found: Found) {
  for (const [id, resource] of Object.entries(resources)) {
    if (!isObject(resource)) continue;
    const { Type, Properties } = resource;
    const wrong = below(`Resources.${id}.Properties`, found);
    if (Type === "AWS::IAM::OIDCProvider") providerProblems(Properties, wrong);
    if (!/^AWS::IAM::(Role|Policy|ManagedPolicy|RolePolicy)$/.test(String(Type)) || known.includes(id))
      continue;
    const trusts = oneOrMore(valueAt(Properties, "AssumeRolePolicyDocument", "Statement"));
    for (const statement of trusts)
      assumeProblems(statement, resources, (message) => wrong("AssumeRolePolicyDocument", message));
    const isOfTasks = JSON.stringify(trusts).includes("ecs-tasks.");
    for (const arn of listOf(valueAt(Properties, "ManagedPolicyArns"))) {
      if (isOfTasks && ADMINISTRATOR.test(String(arn)))
        wrong("ManagedPolicyArns", `gives ${String(arn)}, which nothing needs`);
    }
    const documents = [
      valueAt(Properties, "PolicyDocument"),
      ...listOf(valueAt(Properties, "Policies")).map((each) => valueAt(each, "PolicyDocument")),
    ];
    for (const statement of documents.flatMap((each) => oneOrMore(valueAt(each, "Statement"))))
      statementProblems(statement, (message) =>
        wrong(Type === "AWS::IAM::Role" ? "Policies" : "PolicyDocument", message),
      );
  }
}

function statementProblems(statement: Json, wrong: (message: string) => void) {
  const texts = (key: string) =>
    oneOrMore(valueAt(statement, key)).filter((each) => typeof each === "string");
  const [actions, resources] = [texts("Action"), texts("Resource")];
  const bare = actions.find((action) => action !== "*" && !/^[a-z0-9-]+:[\w*?]+$/i.test(action));
  if (bare !== undefined) wrong(`${bare} is no action, such as s3:GetObject`);
  const odd = resources.find((each) => !/^(\*|arn:|attribute |reference |import |item )/.test(each));
  if (odd !== undefined) wrong(`Resource must be an ARN or *, is ${odd}`);
  if (valueAt(statement, "Effect") !== "Allow" || valueAt(statement, "Condition") !== undefined) return;
  if (actions.includes("*") && resources.includes("*")) wrong("allows *, which nothing needs");
  const wide = actions.find((action) => WIDE.test(action));
  if (
    wide !== undefined &&
    (resources.some((each) => /^(\*|arn:[\w-]+:s3:::\*)$/.test(each)) || wide.endsWith("ClientRootAccess"))
  )
    wrong(`allows ${wide} on everything: name what it needs`);
}

/** Who may take a role. */
function assumeProblems(statement: Json, resources: Record<string, Json>, wrong: (message: string) => void) {
  const principal = valueAt(statement, "Principal");
  const condition = valueAt(statement, "Condition");
  if (valueAt(statement, "Effect") !== "Allow") return;
  if ((principal === "*" || valueAt(principal, "AWS") === "*") && condition === undefined)
    wrong("lets everybody take the role");
  const federated = valueAt(principal, "Federated");
  if (federated === undefined) return;
  const [id] = referencesTo(federated);
  const from = JSON.stringify([federated, valueAt(resources[id ?? ""], "Properties", "Url") ?? ""]);
  if (typeof federated === "string" && !/^(arn:|attribute|reference|import)/.test(federated))
    wrong(`Federated must be the ARN of a provider, is ${federated}`);
  if (!oneOrMore(valueAt(statement, "Action")).includes("sts:AssumeRoleWithWebIdentity"))
    wrong("Action must be sts:AssumeRoleWithWebIdentity");
  if (from.includes(GITHUB)) githubProblems(condition, wrong);
}

/** Every repository of GitHub has tokens of the same issuer: only their subjects differ. */
function githubProblems(condition: Json | undefined, wrong: (message: string) => void) {
  const asked = Object.entries(isObject(condition) ? condition : {}).flatMap(([operator, keys]) =>
    Object.entries(isObject(keys) ? keys : {}).flatMap(([key, values]) =>
      oneOrMore(values).map((value) => ({ operator, key, value })),
    ),
  );
  if (!asked.some(({ key, value }) => key === `${GITHUB}:aud` && value === "sts.amazonaws.com"))
    wrong(`must ask for ${GITHUB}:aud to be sts.amazonaws.com`);
  const subjects = asked.filter(({ key }) => key === `${GITHUB}:sub`);
  if (subjects.length === 0)
    wrong(`must ask for ${GITHUB}:sub, or every repository of GitHub may take the role`);
  for (const { operator, value } of subjects) {
    if (typeof value !== "string" || value.includes("${")) continue;
    if (!/^repo:[^*?/:]+\/[^*?:]+:./.test(value))
      wrong(`${value} must begin with one repository, such as repo:me/holdfast:`);
    else if (/Equals/.test(operator) && value.includes("*"))
      wrong(`${value} is compared as it stands: * needs StringLike`);
  }
}

function providerProblems(properties: Json | undefined, wrong: Found) {
  const url = valueAt(properties, "Url");
  if (typeof url === "string" && !url.startsWith("https://"))
    wrong("Url", `must begin with https://, is ${url}`);
  const audiences: JsonObject[string][] = listOf(valueAt(properties, "ClientIdList"));
  if (String(url).includes(GITHUB) && !audiences.includes("sts.amazonaws.com"))
    wrong("ClientIdList", "must have sts.amazonaws.com");
}

/** Names of values that nobody else may read. */
export const OF_A_SECRET =
  /(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|(ACCESS|OPERATOR)_CODE|CREDENTIALS?)(_|$)/i;

/** Secrets that stand in a template. */
export function openSecretProblems(resources: Record<string, Json>, found: Found) {
  for (const [id, resource] of Object.entries(resources)) {
    const [type, properties] = [valueAt(resource, "Type"), valueAt(resource, "Properties")];
    const text = valueAt(properties, "SecretString");
    if (type === "AWS::SecretsManager::Secret" && typeof text === "string" && !/^(\{\{|reference)/.test(text))
      found(
        `Resources.${id}.Properties.SecretString`,
        "stands there for all to read: use GenerateSecretString, or set it later",
      );
    const name = JSON.stringify(valueAt(properties, "Name") ?? "");
    if (
      type === "AWS::SSM::Parameter" &&
      intrinsic(valueAt(properties, "Value")) === null &&
      OF_A_SECRET.test(name.replaceAll(/[^\w]/g, "_"))
    )
      found(
        `Resources.${id}`,
        "is not encrypted, and CloudFormation makes no SecureString: use `copilot secret init`",
      );
  }
}
