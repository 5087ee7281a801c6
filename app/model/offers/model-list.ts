import { z } from "zod";
import type { ModelOffer } from "~/conversation/language-model";
import { effort } from "~/conversation/session/session";
import { bedrockFacts } from "~/model/bedrock/bedrock-facts";
import { DEMO_OFFER } from "~/model/demo/demo-offer";
import {
  bedrockAccepts,
  bedrockContinuation,
  bedrockEfforts,
  bedrockModelName,
  bedrockTakesTemperature,
} from "~/model/bedrock/bedrock-offers";

const PROVIDER_PREFIX = /^(bedrock|openai-compatible|demo)\/\S+$/;

const price = z.number().nonnegative().optional();

const entry = z.strictObject({
  id: z.string().max(200),
  name: z.string().trim().min(1).max(100).optional(),
  maxOutputTokens: z.int().positive().optional(),
  continuation: z.enum(["prefill", "ask"]).optional(),
  accepts: z.array(z.enum(["image", "document"])).optional(),
  takesTemperature: z.boolean().optional(),
  takesTools: z.boolean().optional(),
  efforts: z.array(effort).min(1).optional(),
  contextTokens: z.int().min(1_000).optional(),
  cachesPrompts: z.boolean().optional(),
  inputPricePerMillion: price,
  outputPricePerMillion: price,
  cacheReadPricePerMillion: price,
  cacheWritePricePerMillion: price,
});
export type Entry = z.infer<typeof entry>;

/** An entry that stands for all models that an OpenAI-compatible server lists. Its fields are for each of them. */
export type Wildcard = Omit<Entry, "id" | "name"> & {
  /** Number of models that MODELS lists before it. */
  at: number;
};

const WILDCARD = /^(openai-compatible\/)?\*$/;

/**
 * Reads MODELS: `provider/model` or `provider/model=Name`, separated by commas, or a JSON array of
 * `{id, name?, maxOutputTokens?, continuation?, accepts?, takesTemperature?, takesTools?, efforts?, contextTokens?,
 * cachesPrompts?, inputPricePerMillion?, outputPricePerMillion?, cacheReadPricePerMillion?, cacheWritePricePerMillion?}`.
 */
export function parseModelList(
  text: string,
  maxOutputTokens: number,
): { offers: ModelOffer[]; wildcard: Wildcard | null } | { issues: string[] } {
  const parsed = text.startsWith("[") ? parseJson(text) : parseCommas(text);
  if ("issues" in parsed) return parsed;

  const { entries } = parsed;
  const at = entries.findIndex(({ id }) => WILDCARD.test(id));
  const listed = entries.filter((_, index) => index !== at);
  const issues: string[] = [];
  const seen = new Set<string>();
  for (const { id } of listed) {
    if (!PROVIDER_PREFIX.test(id)) {
      issues.push(
        `MODELS: "${id}" must begin with bedrock/, openai-compatible/ or demo/, followed by the model.`,
      );
    }
    if (seen.has(id)) issues.push(`MODELS lists "${id}" twice.`);
    seen.add(id);
  }
  if (entries.length === 0) issues.push("MODELS is an empty list.");
  if (issues.length > 0) return { issues };
  return { offers: listed.map((each) => toOffer(each, maxOutputTokens)), wildcard: wildcardOf(entries, at) };
}

function wildcardOf(entries: readonly Entry[], at: number): Wildcard | null {
  if (at < 0) return null;
  const { id: _, name: __, ...fields } = entries[at]!;
  return { ...fields, at };
}

/** The offer of an entry: what it leaves out is as usual for the model. */
export function toOffer(given: Entry, maxOutputTokens: number): ModelOffer {
  const model = given.id.slice(given.id.indexOf("/") + 1);
  const isBedrock = given.id.startsWith("bedrock/");
  return {
    id: given.id,
    name:
      given.name ??
      (isBedrock ? bedrockModelName(model) : given.id === DEMO_OFFER.id ? DEMO_OFFER.name : model),
    maxOutputTokens: Math.min(given.maxOutputTokens ?? maxOutputTokens, maxOutputTokens),
    continuation: given.continuation ?? (isBedrock ? bedrockContinuation(model) : "ask"),
    accepts:
      given.accepts ??
      (isBedrock ? bedrockAccepts(model) : given.id === DEMO_OFFER.id ? DEMO_OFFER.accepts : []),
    takesTemperature:
      given.takesTemperature ??
      (isBedrock ? bedrockTakesTemperature(model) : given.id.startsWith("openai-compatible/")),
    ...(isBedrock && { ...bedrockFacts(model), ...bedrockEfforts(model) }),
    ...factsIn(given),
  };
}

const FACTS = [
  "takesTools",
  "efforts",
  "contextTokens",
  "cachesPrompts",
  "inputPricePerMillion",
  "outputPricePerMillion",
  "cacheReadPricePerMillion",
  "cacheWritePricePerMillion",
] as const;

/** The facts that the list gives itself: they override the built-in ones. */
function factsIn(given: Entry): Partial<Pick<ModelOffer, (typeof FACTS)[number]>> {
  return Object.fromEntries(
    FACTS.flatMap((fact) => (given[fact] === undefined ? [] : [[fact, given[fact]]])),
  );
}

type Entries = { entries: Entry[] } | { issues: string[] };

function parseCommas(text: string): Entries {
  const entries = text.split(",").flatMap((item): Entry[] => {
    const [id = "", ...name] = item.split("=");
    if (item.trim() === "") return [];
    const displayName = name.join("=").trim();
    return [displayName ? { id: id.trim(), name: displayName } : { id: id.trim() }];
  });
  return { entries };
}

function parseJson(text: string): Entries {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { issues: [`MODELS begins like a JSON array but is none: ${(error as Error).message}.`] };
  }
  const parsed = z.array(entry).safeParse(json);
  if (parsed.success) return { entries: parsed.data };
  return {
    issues: parsed.error.issues.map((issue) => `MODELS${z.core.toDotPath(issue.path)}: ${issue.message}.`),
  };
}
