import { z } from "zod";
import type { ModelOffer } from "~/conversation/language-model";

/** A model in the list of an OpenAI-compatible server, as far as the list says something about it. */
export type ListedModel = { id: string; name: string } & Partial<
  Pick<ModelOffer, "accepts" | "contextTokens" | "efforts">
>;

/** Models that are read at most: a hosted router lists hundreds. */
const MAX_MODELS = 1_000;

const texts = z.array(z.string()).catch([]);
const tokens = z.int().min(1_000).optional().catch(undefined);

/** Mistral's form of capabilities, as a list like that of others. */
const flags = z
  .object({ vision: z.boolean().default(false), completion_chat: z.boolean().default(true) })
  .transform((has) => [...(has.completion_chat ? ["chat"] : ["other"]), ...(has.vision ? ["vision"] : [])]);

/** The fields beside OpenAI's `id` are of OpenRouter, Mistral, Together, vLLM and others. */
const listed = z.object({
  id: z.string().regex(/^\S{1,180}$/),
  name: z.string().trim().min(1).max(100).optional().catch(undefined),
  type: z.string().optional().catch(undefined),
  architecture: z.object({ input_modalities: texts, output_modalities: texts }).optional().catch(undefined),
  capabilities: z
    .union([z.array(z.string()), flags])
    .optional()
    .catch(undefined),
  context_length: tokens,
  context_window: tokens,
  max_model_len: tokens,
  max_context_length: tokens,
});
type Listed = z.infer<typeof listed>;

/**
 * The models that chat, from the response of `GET /v1/models`, by name. Null where the response is no such list. Entries
 * that cannot be read are left out.
 */
export function readModelList(json: unknown): ListedModel[] | null {
  const { data } = Object(json) as { data?: unknown };
  if (!Array.isArray(data)) return null;
  const models = data
    .slice(0, MAX_MODELS)
    .flatMap((entry) => listed.safeParse(entry).data ?? [])
    .filter(chats);
  const unique = [...new Map(models.map((model) => [model.id, model])).values()];
  const short = unique.map(shortName);
  const isUnique = (name: string) => short.filter((other) => other === name).length === 1;
  return unique
    .map((model, index): ListedModel => {
      const name = isUnique(short[index]!) ? short[index]! : model.id;
      return { id: model.id, name: name.slice(0, 100), ...factsOf(model) };
    })
    .sort((one, other) => BY_NAME.compare(one.name, other.name));
}

/** The order of some servers changes with each use of a model. */
const BY_NAME = new Intl.Collator("en", { numeric: true });

/** Names of models for other tasks, for servers that list them without their kind. */
const OTHER_TASKS =
  /embed|(^|[/_-])(bge|gte|e5|minilm|colbert|clip)[-_.:]|rerank|whisper|transcri|(^|[/_-])tts|speech|dall-e|gpt-image|stable-diffusion|flux|moderation|llama-?guard|(^|[/_-])sora|realtime|(davinci|babbage)-\d/i;
const CHAT_TYPES = ["chat", "language", "llm", "vlm", "model", "code"];

function chats({ id, type, architecture, capabilities }: Listed): boolean {
  if (type !== undefined && !CHAT_TYPES.includes(type)) return false;
  if (architecture && architecture.output_modalities.length > 0) {
    return architecture.output_modalities.includes("text");
  }
  if (capabilities && capabilities.length > 0) {
    return capabilities.some((each) => /^(completion|chat)/.test(each));
  }
  return !OTHER_TASKS.test(id);
}

/** Without what only tells builds apart: the folder and ending of a file, the owner, the tag `latest`. */
function shortName({ id, name }: Listed): string {
  if (name !== undefined && name !== id) return name;
  const last = id.split(/[\\/]/).findLast((piece) => piece !== "") ?? id;
  return last.replace(/\.gguf$/i, "").replace(/:latest$/, "") || id;
}

const SEES =
  /llava|vision|[-_.]vl\b|[-_.\d]vl[-_.:]|pixtral|moondream|minicpm-v|gemma-?[3-9](?!n|:(270m|1b))|llama-?4|mistral-small-?3|gpt-(4o|4\.1|5)|claude-|gemini-/i;
/** Models whose effort of reasoning has these names in all servers. */
const REASONS = /gpt-oss|(^|\/)(o[134](-|$)|gpt-5)/i;

function factsOf(model: Listed): Omit<ListedModel, "id" | "name"> {
  const { id, architecture, capabilities } = model;
  const contextTokens =
    model.max_model_len ?? model.context_length ?? model.context_window ?? model.max_context_length;
  const sees = architecture
    ? architecture.input_modalities.includes("image")
    : capabilities && capabilities.length > 0
      ? capabilities.includes("vision")
      : SEES.test(id);
  return {
    ...(sees && { accepts: ["image"] as const }),
    ...(contextTokens !== undefined && { contextTokens }),
    ...(REASONS.test(id) && { efforts: ["low", "medium", "high"] as const }),
  };
}
