import type { ReplyChunk } from "../reply/reply-chunk";
import type { Part } from "../session/session";
import type { CallResult } from "./call-state";
import type { ToolPart } from "./tool-part";

type ToolChunk = Extract<ReplyChunk, { toolCallId: string } | { type: "data-tool-state" }>;

/** The chunks that replay a call in the state that it has. */
export function toolChunks(part: ToolPart): ToolChunk[] {
  return [inputChunk(part), ...outcomeChunks(part)];
}

export function inputChunk({ toolCallId, toolName, input }: ToolPart): ToolChunk {
  return { type: "tool-input-available", toolCallId, toolName, input, dynamic: true };
}

/** The chunks that bring a known call into this state. */
export function outcomeChunks(part: ToolPart): ToolChunk[] {
  const { toolCallId, state, output, errorText = "" } = part;
  const chunks: ToolChunk[] = hasState(part) ? [stateChunk(part)] : [];
  if (state === "approval-requested") chunks.push(approvalChunk(toolCallId));
  if (state === "output-available") chunks.push(resultChunk(toolCallId, { state, output: output! }));
  if (state === "output-error" || state === "output-denied") {
    chunks.push(resultChunk(toolCallId, { state, errorText }));
  }
  return chunks;
}

export const approvalChunk = (toolCallId: string): ToolChunk => ({
  type: "tool-approval-request",
  approvalId: toolCallId,
  toolCallId,
});

/** For states that the AI SDK does not have, and for what it does not keep of others. */
export function stateChunk({ toolCallId, state, attempt, decisions }: Omit<ToolPart, "type">): ToolChunk {
  return { type: "data-tool-state", data: { toolCallId, state, attempt, ...(decisions && { decisions }) } };
}

const hasState = ({ state, attempt, decisions }: ToolPart): boolean =>
  state === "running" || state === "outcome-unknown" || attempt > 0 || decisions !== undefined;

export function resultChunk(toolCallId: string, result: CallResult): ToolChunk {
  switch (result.state) {
    case "output-available":
      return { type: "tool-output-available", toolCallId, output: result.output, dynamic: true };
    case "output-error":
      return { type: "tool-output-error", toolCallId, errorText: result.errorText, dynamic: true };
    case "output-denied":
      return { type: "tool-output-denied", toolCallId, errorText: result.errorText };
  }
}

/**
 * The parts of a reply after a chunk about a call. The arguments of a known call are replaced: a person has changed them.
 * Other chunks about an unknown call change nothing.
 */
export function applyToolChunk(parts: readonly Part[], chunk: ToolChunk): readonly Part[] {
  const id = chunk.type === "data-tool-state" ? chunk.data.toolCallId : chunk.toolCallId;
  const index = parts.findIndex((part) => part.type === "dynamic-tool" && part.toolCallId === id);
  const part = parts[index];
  if (!part && chunk.type === "tool-input-available") {
    const { toolCallId, toolName, input } = chunk;
    return [
      ...parts,
      { type: "dynamic-tool", toolCallId, toolName, input, state: "input-available", attempt: 0 },
    ];
  }
  return part?.type === "dynamic-tool" ? parts.with(index, { ...part, ...changeBy(chunk) }) : parts;
}

function changeBy(chunk: ToolChunk): Partial<ToolPart> {
  switch (chunk.type) {
    case "tool-input-available":
      return { input: chunk.input };
    case "data-tool-state":
      return chunk.data;
    case "tool-approval-request":
      return { state: "approval-requested" };
    case "tool-output-available":
      return { state: "output-available", output: chunk.output };
    case "tool-output-error":
      return { state: "output-error", errorText: chunk.errorText };
    case "tool-output-denied":
      return { state: "output-denied", errorText: chunk.errorText };
  }
}
