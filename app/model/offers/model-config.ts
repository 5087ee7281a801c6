import { z } from "zod";
import { ModelConfigError } from "./model-config-error";
import type { ModelOffer } from "~/conversation/language-model";
import { parseModelList } from "./model-list";
import { baseUrlIssue, withPlainSlashes } from "~/model/openai-compatible/base-url";
import { PROVIDER_NAMES, resolveOffers, type OffersConfig, type ProviderName } from "./resolve-offers";

/** Configuration of models. Contains secrets: never log it whole. */
export type ModelConfig = OffersConfig & {
  /** Null until `chooseProvider` has looked for AWS credentials. */
  provider: ProviderName | null;
  bedrockBaseUrl: string | null;
  /** Filters questions and answers of all models of Bedrock; null for none. */
  bedrockGuardrail: { id: string; version: string } | null;
  /** A Bedrock API key (AWS_BEARER_TOKEN_BEDROCK), used instead of AWS credentials. */
  bedrockApiKey: string | null;
  openaiCompatibleBaseUrl: string | null;
  openaiCompatibleApiKey: string | null;
  demoTokensPerSecond: number;
  stallSeconds: number;
};

const wholeNumber = (name: string, fallback: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `${name} must be a whole number.`)
    .transform(Number)
    .pipe(
      z
        .number()
        .min(1, `${name} must be at least 1.`)
        .max(max, `${name} must be at most ${String(max)}.`),
    )
    .default(fallback);

/** Issues name the variable, never its value, which may contain a password or a key. */
const baseUrl = (name: string) =>
  z
    .url({ protocol: /^https?$/, error: `${name} must be a URL that begins with http:// or https://.` })
    .superRefine((value, context) => {
      const message = URL.canParse(value) ? baseUrlIssue(name, new URL(value)) : null;
      if (message !== null) context.addIssue({ code: "custom", message });
    })
    .transform(withPlainSlashes);

/** The value of an HTTP header: a line end or another invalid character would fail every request. */
const headerValue = (name: string) =>
  z
    .string()
    .regex(
      /^[\x20-\x7e]+$/,
      `${name} must be printable ASCII on one line: it holds a line end or another character that no key has.`,
    );

const region = z
  .string()
  .regex(/^[a-z]{2,5}(-[a-z]+)+-\d{1,2}$/, "AWS_REGION must be the name of a region, such as eu-central-1.");

/** `id:version`. The id may be an ARN, which has colons itself. */
const guardrail = z
  .string()
  .regex(
    /^(?:[a-z0-9]{1,64}|arn:aws[a-z-]*:bedrock:[a-z0-9-]+:\d{12}:guardrail\/[a-z0-9]{1,64}):(?:[1-9]\d{0,7}|DRAFT)$/,
    "BEDROCK_GUARDRAIL must be the id or ARN of a guardrail and its version, such as gr1a2b3c4d5e:1.",
  )
  .transform((value) => {
    const at = value.lastIndexOf(":");
    return { id: value.slice(0, at), version: value.slice(at + 1) };
  });

const environment = z.object({
  MODEL_PROVIDER: z
    .enum(PROVIDER_NAMES, "MODEL_PROVIDER must be bedrock, openai-compatible or demo.")
    .optional(),
  MODELS: z.string().optional(),
  DEFAULT_MODEL: z.string().optional(),
  TITLE_MODEL: z.string().optional(),
  MAX_OUTPUT_TOKENS: wholeNumber("MAX_OUTPUT_TOKENS", 5000, 1_000_000),
  AWS_REGION: region.optional(),
  AWS_DEFAULT_REGION: region.optional(),
  AWS_BEARER_TOKEN_BEDROCK: headerValue("AWS_BEARER_TOKEN_BEDROCK").optional(),
  BEDROCK_BASE_URL: baseUrl("BEDROCK_BASE_URL").optional(),
  BEDROCK_GUARDRAIL: guardrail.optional(),
  OPENAI_COMPATIBLE_BASE_URL: baseUrl("OPENAI_COMPATIBLE_BASE_URL").optional(),
  OPENAI_COMPATIBLE_API_KEY: headerValue("OPENAI_COMPATIBLE_API_KEY").optional(),
  DEMO_TOKENS_PER_SECOND: wholeNumber("DEMO_TOKENS_PER_SECOND", 40, 100_000),
  // Below the 300 s after which Node's fetch closes a silent connection, with a less helpful error.
  MODEL_STALL_SECONDS: wholeNumber("MODEL_STALL_SECONDS", 120, 290),
});

export const MODEL_VARIABLES: readonly string[] = Object.keys(environment.shape);

/**
 * Parses the variables for models. Unset and empty variables have their defaults.
 * @throws ModelConfigError naming every invalid variable
 */
export function parseModelConfig(env: Readonly<Record<string, string | undefined>>): ModelConfig {
  const given = Object.fromEntries(
    Object.keys(environment.shape).flatMap((name) => {
      const value = env[name]?.trim();
      return value ? [[name, value]] : [];
    }),
  );
  const parsed = environment.safeParse(given);
  if (!parsed.success) throw new ModelConfigError(parsed.error.issues.map((issue) => issue.message));
  const values = parsed.data;

  const list = values.MODELS === undefined ? null : parseModelList(values.MODELS, values.MAX_OUTPUT_TOKENS);
  if (list && "issues" in list) throw new ModelConfigError(list.issues);
  const models = list?.offers ?? null;
  const provider = values.MODEL_PROVIDER ?? providerMeant(models, values.OPENAI_COMPATIBLE_BASE_URL);
  const isListedByServer = !list && provider === "openai-compatible";

  const config: ModelConfig = {
    provider,
    models,
    wildcard: isListedByServer ? { at: 0 } : (list?.wildcard ?? null),
    defaultModelId: values.DEFAULT_MODEL ?? null,
    titleModelId: values.TITLE_MODEL ?? null,
    maxOutputTokens: values.MAX_OUTPUT_TOKENS,
    region: values.AWS_REGION ?? values.AWS_DEFAULT_REGION ?? "us-east-1",
    bedrockBaseUrl: values.BEDROCK_BASE_URL ?? null,
    bedrockGuardrail: values.BEDROCK_GUARDRAIL ?? null,
    bedrockApiKey: values.AWS_BEARER_TOKEN_BEDROCK ?? null,
    openaiCompatibleBaseUrl: values.OPENAI_COMPATIBLE_BASE_URL ?? null,
    openaiCompatibleApiKey: values.OPENAI_COMPATIBLE_API_KEY ?? null,
    demoTokensPerSecond: values.DEMO_TOKENS_PER_SECOND,
    stallSeconds: values.MODEL_STALL_SECONDS,
  };
  const issues = openaiCompatibleIssues(config);
  if (issues.length > 0) throw new ModelConfigError(issues);
  // Throws where the default model is not offered. Without a provider the list is not known yet.
  if (config.provider) resolveOffers(config, config.provider);
  return config;
}

/**
 * The provider that other variables name, so that AWS credentials need not be searched: by the ids of a list, else by the
 * address of a server.
 */
function providerMeant(
  models: readonly ModelOffer[] | null,
  baseUrl: string | undefined,
): ProviderName | null {
  if (models?.[0]) return providerOf(models[0].id);
  return models || baseUrl !== undefined ? "openai-compatible" : null;
}

/** The provider in a `provider/model` id. */
export function providerOf(modelId: string): ProviderName {
  const provider = modelId.slice(0, modelId.indexOf("/"));
  const known = PROVIDER_NAMES.find((name) => name === provider);
  if (!known) throw new Error(`"${modelId}" does not begin with a provider.`);
  return known;
}

/** OpenAI-compatible servers have no default address. */
function openaiCompatibleIssues({
  models,
  wildcard,
  provider,
  openaiCompatibleBaseUrl,
}: ModelConfig): string[] {
  const isListed = models?.some(({ id }) => id.startsWith("openai-compatible/")) ?? false;
  if (openaiCompatibleBaseUrl || !(isListed || wildcard || provider === "openai-compatible")) return [];
  return [
    "OPENAI_COMPATIBLE_BASE_URL is needed for openai-compatible models, such as http://localhost:11434/v1 for Ollama.",
  ];
}
