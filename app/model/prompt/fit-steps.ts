import { estimateMessageTokens, estimateTokens } from "~/conversation/estimate-tokens";
import type { GenerateRequest, ModelOffer } from "~/conversation/language-model";
import type { ToolPart } from "~/conversation/calls/tool-part";
import { toolParts } from "~/conversation/calls/fold-calls";
import type { Part } from "~/conversation/session/session";
import { roomForMessages } from "./fit-context";
import { beginningOf } from "./inline-text";
import { resultText } from "./tool-messages";

type StepsRequest = Pick<GenerateRequest, "messages" | "instructions" | "continueFrom" | "steps" | "tools">;

const LEFT_OUT =
  "(This result is left out here: it and later ones are too long together. Call the tool again if you need it.)";
const CUT = "\n(The rest is left out: it is too long.)";

/** Share of the room to which results are shortened, so that the next steps shorten no others, and begin the same. */
const TARGET = 0.7;
/** Share of the room that the last result alone may take. */
const LAST = 0.5;

/**
 * The steps of the current answer, as far as they fit into the model's window beside the question. Calls are kept, each
 * with a result; the oldest results are replaced by a sentence, and the last one is cut.
 */
export function fitSteps(
  offer: Pick<ModelOffer, "contextTokens" | "maxOutputTokens">,
  request: StepsRequest,
): readonly Part[] {
  const { steps = [], messages } = request;
  const question = messages.at(-1);
  // What the steps may take: the room without them, beside the message that is answered.
  const room =
    roomForMessages(offer, { ...request, steps: [] }) - (question ? estimateMessageTokens(question) : 0);
  if (estimateMessageTokens({ parts: steps as Part[] }) <= room) return steps;

  const target = Math.max(0, room * TARGET);
  const fitted = [...steps];
  let tokens = estimateMessageTokens({ parts: steps as Part[] });
  const calls = toolParts(steps);
  for (const call of calls) {
    if (tokens <= target) break;
    const isLast = call === calls.at(-1);
    const text = resultText(call);
    const shorter = isLast ? beginningOf(text, Math.max(0, room * LAST)) + CUT : LEFT_OUT;
    if (shorter.length >= text.length) continue;
    tokens -= estimateTokens(text) - estimateTokens(shorter);
    fitted[steps.indexOf(call)] = withResult(call, shorter);
  }
  return fitted;
}

function withResult({ output: _, errorText: __, ...call }: ToolPart, text: string): ToolPart {
  if (call.state !== "output-available") return { ...call, errorText: text };
  return { ...call, output: { content: [{ type: "text", text }] } };
}
