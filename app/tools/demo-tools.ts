import { MAX_NOTE_LENGTH, MAX_NOTES } from "~/conversation/limits";
import { NotSent, type OfferedTool, type ToolRequest } from "~/conversation/calls/tool-set";
import type { ToolServer } from "./tool-server";

export type DemoToolsOptions = {
  /** Changes the notes of a session. @returns the notes after the change; null where there is no such session */
  changeNotes: (
    sessionHash: string,
    change: (notes: readonly string[]) => readonly string[],
  ) => Promise<readonly string[] | null>;
  /** Resolves after this many milliseconds, or when the signal aborts. */
  pause: (ms: number, signal: AbortSignal) => Promise<unknown>;
};

/** Time that a change takes, in milliseconds: enough to kill its node in the middle. */
const CHANGE_MS = 5_000;
/** Number of times that it says how far it has come. */
const CHANGE_STEPS = 10;

/** The tools of the demo model: notes that are kept in the conversation itself, so that nothing else can be harmed. */
export function createDemoTools({ changeNotes, pause }: DemoToolsOptions): ToolServer {
  const list = async ({ sessionHash }: ToolRequest) =>
    answer(await changeNotes(sessionHash, (notes) => notes));

  async function add({ sessionHash, input, signal, onProgress }: ToolRequest) {
    const { text } = input as { text?: unknown };
    if (typeof text !== "string" || text.trim() === "") throw new NotSent("A note needs a text.");
    for (let step = 0; step < CHANGE_STEPS && !signal.aborted; step++) {
      onProgress({ progress: step, total: CHANGE_STEPS });
      await pause(CHANGE_MS / CHANGE_STEPS, signal);
    }
    if (signal.aborted) throw new NotSent("The call was stopped before it had an effect.");
    const note = text.trim().slice(0, MAX_NOTE_LENGTH).toWellFormed();
    return answer(await changeNotes(sessionHash, (notes) => [...notes, note].slice(-MAX_NOTES)));
  }

  const tools: readonly OfferedTool[] = [
    {
      name: "demo_read_notes",
      description: "Reads the notes of this conversation.",
      inputSchema: { type: "object", properties: {} },
      isReadOnly: true,
      approval: "changes",
      call: list,
    },
    {
      name: "demo_add_note",
      description: "Adds a note to this conversation. Takes five seconds.",
      inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
      isReadOnly: false,
      approval: "changes",
      call: add,
    },
  ];
  const nothing = () => Promise.resolve();
  return {
    name: "demo",
    isOffByDefault: false,
    tools: () => tools,
    leftOut: () => [],
    isAway: () => false,
    refresh: nothing,
    close: nothing,
  };
}

function answer(notes: readonly string[] | null) {
  const lines = (notes ?? []).map((note, index) => `${String(index + 1)}. ${note}`);
  const text = lines.join("\n") || "There are no notes yet.";
  return { state: "output-available" as const, output: { content: [{ type: "text" as const, text }] } };
}
