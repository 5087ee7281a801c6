import { bedrockOffers } from "~/model/bedrock/bedrock-offers";
import { isAllowed, type PolicyDocument } from "./iam.ts";
import type { Place } from "../templates/resolve-template.ts";
import { words } from "../words.ts";

const STREAM = "bedrock:InvokeModelWithResponseStream";
const ACCOUNT = "123456789012";

/** Where Bedrock serves models, as AWS documented it in November 2026. */
export const BEDROCK_REGIONS = words(`
    us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 ca-west-1 mx-central-1 sa-east-1 eu-central-1
    eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 ap-east-2 ap-northeast-1
    ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3
    ap-southeast-4 ap-southeast-5 ap-southeast-7 af-south-1 il-central-1 me-central-1 me-south-1 us-gov-east-1
    us-gov-west-1`);

/** Some regions that profiles of a geography route to. An empty one is how a global profile names none. */
const DESTINATIONS: Readonly<Record<string, readonly string[]>> = {
  us: ["us-east-1", "us-east-2", "us-west-2"],
  eu: ["eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"],
  apac: [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
  ],
  jp: ["ap-northeast-1", "ap-northeast-3"],
  au: ["ap-southeast-2", "ap-southeast-4"],
  global: ["", "us-east-1", "eu-west-1"],
  "us-gov": ["us-gov-east-1", "us-gov-west-1"],
};
const PROFILE = new RegExp(`^(${Object.keys(DESTINATIONS).join("|")})\\.(.+)$`);

/** Models that some regions do not offer, and that none does. */
const OTHERS = [
  ...bedrockOffers("us-east-1", 5000).map(({ id }) => id.replace(/^bedrock\/us\./, "")),
  "amazon.nova-premier-v1:0",
  "anthropic.claude-3-haiku-20240307-v1:0",
  "meta.llama3-1-8b-instruct-v1:0",
];

/** What no task of ours has any business with. */
const FOREIGN = [
  ["s3:GetObject", "arn:aws:s3:::bucket/key"],
  ["dynamodb:PutItem", `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/any`],
  ["iam:PassRole", `arn:aws:iam::${ACCOUNT}:role/any`],
  ["secretsmanager:GetSecretValue", `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:any`],
  ["elasticfilesystem:DeleteFileSystem", `arn:aws:elasticfilesystem:us-east-1:${ACCOUNT}:file-system/fs-1`],
] as const;

export function placeOf(region: string): Place {
  return { region, partition: region.startsWith("us-gov-") ? "aws-us-gov" : "aws", account: ACCOUNT };
}

/** The models of Bedrock that are on offer in a region, by their ids there. */
export function offeredModels(region: string): string[] {
  return bedrockOffers(region, 5000).map(({ id }) => id.replace(/^bedrock\//, ""));
}

/** What the policy denies of a model that a task calls in this place: null if nothing. */
export function deniedOf(policy: PolicyDocument, model: string, place: Place): string | null {
  const { profile, name, destinations } = routeOf(model, place);
  const resources = [
    ...(profile ? [profile] : []),
    ...destinations.map((region) => modelArn(name, region, place)),
  ];
  const context: Record<string, string> = profile ? { "bedrock:InferenceProfileArn": profile } : {};
  return resources.find((resource) => !isAllowed(policy, { action: STREAM, resource, context })) ?? null;
}

/** Whether the policy denies a guardrail, by its id or its ARN, to a task in this place. */
export function deniedGuardrail(policy: PolicyDocument, guardrail: string, place: Place): boolean {
  const { partition, region, account } = place;
  // Which account is the deployer's is not known here.
  const resource = guardrail.startsWith("arn:")
    ? guardrail.replace(/:\d{12}:/, `:${account}:`)
    : `arn:${partition}:bedrock:${region}:${account}:guardrail/${guardrail}`;
  return !isAllowed(policy, { action: "bedrock:ApplyGuardrail", resource, context: {} });
}

/** What the policy allows in this place although nothing on offer needs it. */
export function tooMuch(policy: PolicyDocument, offered: readonly string[], place: Place): string[] {
  const found: string[] = [];
  const deny = (action: string, resource: string, context: Record<string, string> = {}) => {
    if (isAllowed(policy, { action, resource, context })) found.push(`${action} on ${resource}`);
  };
  const profiles = `arn:${place.partition}:bedrock:${place.region}:${place.account}:inference-profile/`;
  for (const model of offered) {
    const { profile, name } = routeOf(model, place);
    deny("bedrock:InvokeModel", profile ?? modelArn(name, place.region, place));
  }
  for (const name of OTHERS) {
    const routes = Object.keys(DESTINATIONS).map((geography) => `${geography}.${name}`);
    if (!offered.includes(name)) deny(STREAM, modelArn(name, place.region, place));
    for (const route of routes) if (!offered.includes(route)) deny(STREAM, `${profiles}${route}`);
  }
  deny("bedrock:ListFoundationModels", "*");
  deny("bedrock:CreateInferenceProfile", `${profiles}any`);
  for (const [action, resource] of FOREIGN) deny(action, resource);
  return found;
}

function routeOf(model: string, place: Place) {
  const [, geography, name] = PROFILE.exec(model) ?? [];
  if (geography === undefined) return { profile: null, name: model, destinations: [place.region] };
  const profile = `arn:${place.partition}:bedrock:${place.region}:${place.account}:inference-profile/${model}`;
  return { profile, name: name!, destinations: DESTINATIONS[geography]! };
}

function modelArn(name: string, region: string, { partition }: Place): string {
  return `arn:${partition}:bedrock:${region}::foundation-model/${name}`;
}
