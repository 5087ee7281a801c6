import { attachmentParts, type AttachmentPart } from "~/conversation/files/attachment";
import { isObject } from "~/conversation/is-object";
import { sealOf } from "~/conversation/reply/reasoning-seal";
import type { Part, WordsPart } from "~/conversation/session/session";
import type { ToolPart } from "~/conversation/calls/tool-part";
import type { LoadedFiles } from "./load-files";
import type { CallContent, FileContent, PromptMessage, ReasoningContent, ResultContent } from "./prompt";

const UNKNOWN =
  "It is not known whether this call has had its effect: no answer came. Do not repeat it unless you are asked to.";
const UNFINISHED = "The call was interrupted before it was run.";
const NOTHING = "(The tool returned nothing.)";

export type StepOptions = {
  /** Whether the model is about to continue this answer: it needs its signed reasoning back then. */
  isCurrent: boolean;
  loaded: LoadedFiles;
  /** Where images of results go: into the results, or into a message after them, where results are text. */
  resultFiles: "inside" | "after";
};

/**
 * The steps of an answer that has called tools: what the model said, with its calls, and their results. Each call has a
 * result that is not empty, because providers refuse a prompt without.
 */
export function toStepMessages(
  parts: readonly Part[],
  { isCurrent, loaded, resultFiles }: StepOptions,
): PromptMessage[] {
  return stepsOf(parts).flatMap(({ words, calls }): PromptMessage[] => {
    const text = words
      .flatMap((part) => (part.type === "text" ? [part.text] : []))
      .join("\n\n")
      .trim();
    if (calls.length === 0) return text === "" ? [] : [{ role: "assistant", content: text }];
    const reasoning = isCurrent ? words.flatMap(sealedReasoning) : [];
    const content = [
      ...reasoning,
      ...(text === "" ? [] : [{ type: "text" as const, text }]),
      ...calls.map(toCall),
    ];
    const images = calls.flatMap((call) => imagesOf(call, loaded));
    const isInside = resultFiles === "inside";
    return [
      { role: "assistant", content },
      { role: "tool", content: calls.map((call) => toResult(call, isInside ? imagesOf(call, loaded) : [])) },
      ...(isInside || images.length === 0 ? [] : [{ role: "user" as const, content: [...images, IMAGES] }]),
    ];
  });
}

/** The same as text, for a request that offers no tools: providers refuse calls in its prompt. */
export function stepsAsText(parts: readonly Part[]): string {
  const texts = parts.flatMap((part) => {
    if (part.type === "text") return [part.text.trim()];
    if (part.type !== "dynamic-tool") return [];
    return [`[${part.toolName} ${JSON.stringify(part.input)}: ${resultText(part)}]`];
  });
  return texts.filter(Boolean).join("\n\n");
}

type Step = { words: WordsPart[]; calls: ToolPart[] };

/** A step ends with its calls: words after them were said with their results. */
function stepsOf(parts: readonly Part[]): Step[] {
  const steps: Step[] = [{ words: [], calls: [] }];
  const begin = () => steps.push({ words: [], calls: [] });
  for (const part of parts) {
    const isWords = part.type === "text" || part.type === "reasoning";
    if (part.type === "step-start" || (isWords && steps.at(-1)!.calls.length > 0)) begin();
    const step = steps.at(-1)!;
    if (isWords) step.words.push(part);
    else if (part.type === "dynamic-tool") step.calls.push(part);
  }
  return steps;
}

/** Bedrock's form: only its models sign, or encrypt. */
function sealedReasoning(part: WordsPart): ReasoningContent[] {
  const { signature, redacted } = sealOf(part);
  if (signature === undefined && redacted === undefined) return [];
  const bedrock = signature === undefined ? { redactedContent: redacted! } : { signature };
  return [{ type: "reasoning", text: part.text, providerOptions: { bedrock } }];
}

function toCall({ toolCallId, toolName, input }: ToolPart): CallContent {
  // Providers take objects alone. The result of the call says that these were none.
  return { type: "tool-call", toolCallId, toolName, input: isObject(input) ? input : { malformed: input } };
}

const IMAGES = { type: "text" as const, text: "(The images that the tools have returned.)" };

/** The images of a result that the model is given. */
function imagesOf({ output }: ToolPart, loaded: LoadedFiles): FileContent[] {
  return imageParts(output).flatMap((part) => {
    const file = loaded(part);
    return typeof file === "string" ? [] : [file];
  });
}

/** Images in the result of a call. Other files of a result are texts that were cut for their length. */
export function imageParts(output: ToolPart["output"]): AttachmentPart[] {
  return attachmentParts(output?.content ?? []).filter(({ mediaType }) => mediaType.startsWith("image/"));
}

function toResult(part: ToolPart, images: readonly FileContent[]): ResultContent {
  const { toolCallId, toolName, state } = part;
  const value = resultText(part);
  const type = state === "output-available" ? ("text" as const) : ("error-text" as const);
  const output: ResultContent["output"] =
    images.length === 0
      ? { type, value }
      : { type: "content", value: [{ type: "text", text: value }, ...images.map(toOutputFile)] };
  return { type: "tool-result", toolCallId, toolName, output };
}

function toOutputFile({ data, mediaType }: FileContent) {
  return { type: "file" as const, data: { type: "data" as const, data }, mediaType };
}

/** The outcome of a call as text for a model. Never empty. */
export function resultText({ state, output, errorText }: ToolPart): string {
  if (state === "outcome-unknown") return UNKNOWN;
  if (state !== "output-available") return errorText?.trim() || UNFINISHED;
  const texts = (output?.content ?? []).map((part) =>
    part.type === "text" ? part.text : `[${part.filename}, shown to the person]`,
  );
  const text = texts.join("\n\n").trim();
  if (text !== "") return text;
  return output?.structuredContent === undefined ? NOTHING : JSON.stringify(output.structuredContent);
}
