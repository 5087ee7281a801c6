import { bedrockFacts } from "./bedrock-facts";
import type { ModelOffer } from "~/conversation/language-model";

/**
 * The models of Bedrock on offer by default, each through the inference profile that serves the region.
 * As AWS documented them in November 2026; MODELS replaces the list.
 */
export function bedrockOffers(region: string, maxOutputTokens: number): ModelOffer[] {
  const nova = novaPrefix(region);
  const claude = claudePrefix(region);
  const ids = [
    ...(nova === null ? [] : ["nova-pro-v1:0", "nova-lite-v1:0", "nova-micro-v1:0"].map(novaId(nova))),
    `${claude}anthropic.claude-sonnet-5-5`,
    // GovCloud has a profile for Sonnet only.
    ...(region.startsWith("us-gov-")
      ? []
      : [`${claude}anthropic.claude-opus-5-5`, `${claude}anthropic.claude-haiku-5-5`]),
  ];
  return ids.map((model) => ({
    id: `bedrock/${model}`,
    name: bedrockModelName(model),
    maxOutputTokens: Math.min(maxOutputTokens, model.includes("nova") ? NOVA_MAX_OUTPUT : CLAUDE_MAX_OUTPUT),
    continuation: bedrockContinuation(model),
    accepts: bedrockAccepts(model),
    takesTemperature: bedrockTakesTemperature(model),
    ...bedrockFacts(model),
    ...bedrockEfforts(model),
  }));
}

/** Bedrock's largest output limits: a higher one is a validation error. */
const NOVA_MAX_OUTPUT = 5000;
const CLAUDE_MAX_OUTPUT = 128_000;

const novaId = (prefix: string) => (model: string) => `${prefix}amazon.${model}`;

/** Nova has geographic profiles only, none of them global; null where it is not served. */
function novaPrefix(region: string): string | null {
  // Served in the region itself, without a profile.
  if (region.startsWith("us-gov-") || region === "eu-west-2") return "";
  if (region.startsWith("us-")) return "us.";
  if (region.startsWith("eu-")) return "eu.";
  if (region.startsWith("ap-")) return "apac.";
  return null;
}

/** Claude has profiles that keep data in a geography where there is one, and a global one for the rest. */
function claudePrefix(region: string): string {
  if (region.startsWith("us-gov-")) return "us-gov.";
  if (region.startsWith("us-") || region.startsWith("ca-")) return "us.";
  if (region.startsWith("eu-")) return "eu.";
  if (region === "ap-northeast-1" || region === "ap-northeast-3") return "jp.";
  if (region === "ap-southeast-2" || region === "ap-southeast-4") return "au.";
  return "global.";
}

/**
 * How a model continues a cut answer. Nova, and Claude up to 4.5, continue a last assistant message (prefill). Claude
 * since 4.6 answers 400, so unknown models are asked to continue by a user message.
 */
export function bedrockContinuation(model: string): ModelOffer["continuation"] {
  const prefills =
    /amazon\.nova-(pro|lite|micro)-v1|anthropic\.claude-(3-|(sonnet|opus|haiku)-4-(5-|1-|\d{8}))/;
  return prefills.test(model) ? "prefill" : "ask";
}

/**
 * Whether a model takes a temperature. Nova does, and Claude up to 4.6; Claude since 4.7 answers 400. False for unknown
 * models, whose requests might fail.
 */
export function bedrockTakesTemperature(model: string): boolean {
  return /amazon\.nova-|anthropic\.claude-(3-|(sonnet|opus|haiku)-4-([1-6](?!\d)|\d{8}))/.test(model);
}

/**
 * The efforts of reasoning that a model offers; none for unknown models, whose requests might fail. Claude since
 * 4.6 decides by itself how long it thinks, within the limit of tokens; earlier ones need a budget besides the limit,
 * which the reservation of costs does not know.
 */
export function bedrockEfforts(model: string): Pick<ModelOffer, "efforts"> {
  if (/anthropic\.claude-(sonnet|opus)-(4-[6-9]|[5-9])(?!\d)|openai\.gpt-oss-/.test(model)) {
    return { efforts: ["low", "medium", "high"] };
  }
  // With a high effort, Nova takes no limit of tokens.
  return /amazon\.nova-2-lite/.test(model) ? { efforts: ["low", "medium"] } : {};
}

/**
 * The kinds of files that a model accepts. Nova and Claude accept images and documents, except Nova Micro. None for
 * unknown models, whose requests might fail.
 */
export function bedrockAccepts(model: string): ModelOffer["accepts"] {
  return /amazon\.nova-(\d-)?(lite|pro|premier)\b|anthropic\.claude-/.test(model)
    ? ["image", "document"]
    : [];
}

/** Display name: "us.anthropic.claude-sonnet-5-5" is Claude Sonnet 5.5. Falls back to the id. */
export function bedrockModelName(model: string): string {
  const nova = /amazon\.nova-((?:\d-)?)(premier|pro|lite|micro)\b/.exec(model);
  if (nova) return `Amazon Nova ${nova[1]!.replace("-", " ")}${capitalised(nova[2]!)}`;
  const claude = /anthropic\.claude-([a-z]+)-(\d{1,2})(?:-(\d{1,2}))?(?![\d])/.exec(model);
  if (claude) {
    const [, family, major, minor] = claude;
    return `Claude ${capitalised(family!)} ${major!}${minor === undefined ? "" : `.${minor}`}`;
  }
  return model;
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
