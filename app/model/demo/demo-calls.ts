import type { GenerateRequest } from "~/conversation/language-model";
import { plainText } from "~/conversation/reply/reply-text";
import { toolParts } from "~/conversation/calls/fold-calls";
import type { ToolPart } from "~/conversation/calls/tool-part";
import { resultText } from "~/model/prompt/tool-messages";

/** One step of an answer with tools: what the demo says, and then calls. */
export type DemoStep = { text: string; calls: readonly { toolName: string; input: object }[] };

const ADD = "demo_add_note";
const READ = "demo_read_notes";

/** The next step of an answer with the demo's tools; null where the question does not need them, or they are off. */
export function nextDemoStep({ messages, steps = [], tools = [] }: GenerateRequest): DemoStep | null {
  const said = plainText(messages.at(-1)?.parts ?? []);
  const asked = callFor(said);
  if (!asked || !tools.some(({ name }) => name === asked.toolName)) return null;
  const done = toolParts(steps).at(-1);
  if (done) return { text: outcomeOf(done), calls: [] };
  return {
    text:
      asked.toolName === ADD
        ? "I can keep that as a note in this conversation. Adding one changes something, so you are asked first."
        : "Let me look at the notes.",
    calls: [asked],
  };
}

function callFor(said: string): DemoStep["calls"][number] | null {
  const note =
    /\b(?:add|make|take|write|keep) (?:a |me a )?note\b[:,]?\s*(?:that |to |of |about )?(.*)/is.exec(
      said,
    )?.[1];
  if (note !== undefined)
    return { toolName: ADD, input: { text: note.trim().slice(0, 500) || "An empty note" } };
  return /\bnotes\b/i.test(said) ? { toolName: READ, input: {} } : null;
}

function outcomeOf(part: ToolPart): string {
  const result = resultText(part);
  if (part.state === "output-available") return `Here are the notes now:\n\n${result}`;
  if (part.state === "output-denied") return "Then I leave the notes as they are.";
  return `The tool gave no result:\n\n> ${result}`;
}
