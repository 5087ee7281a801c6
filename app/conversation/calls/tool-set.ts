import type { Settings } from "../session/session";
import type { CallResult } from "./call-state";
import type { Progress } from "./tool-progress";
import type { ToolServerView } from "./tool-choice";

/** A tool as a request to a model describes it. */
export type ToolDefinition = {
  /** `<server>_<tool>`, see `TOOL_NAME_PATTERN`. */
  name: string;
  description: string;
  /** JSON Schema of the arguments, an object. */
  inputSchema: Readonly<Record<string, unknown>>;
};

/** When a person is asked: for each call, for calls that may change something, or never. */
export type ApprovalPolicy = "always" | "changes" | "never";

export type OfferedTool = ToolDefinition & {
  /** The operator has listed it as one that changes nothing: its calls may be repeated. */
  isReadOnly: boolean;
  approval: ApprovalPolicy;
  /**
   * Calls the tool once.
   * @returns the tool's own answer, also where that reports an error
   * @throws NotSent where the call has surely not reached the tool. After any other error its effect is not known
   */
  call(request: ToolRequest): Promise<ToolResult>;
};

/** A result, with the pages that it rests on. */
export type ToolResult = CallResult & { sources?: readonly ToolSource[] };
export type ToolSource = { url: string; title?: string | undefined };

export type ToolRequest = {
  sessionHash: string;
  input: unknown;
  /** The same for each delivery of one attempt: `<replyId>.<toolCallId>.<attempt>`. */
  idempotencyKey: string;
  /** Aborted when the person stops the answer. */
  signal: AbortSignal;
  /** Called with how far the call has come, as often as its server says so. */
  onProgress: (progress: Progress) => void;
};

export type Offered = {
  tools: readonly OfferedTool[];
  /** Names of the servers that are away. */
  away: readonly string[];
};

/** The tools of all servers. */
export type ToolSet = {
  /** Whether no conversation can use any. */
  isEmpty(): boolean;
  /** Whether a conversation with these settings may use any tool, without asking a server. */
  isOn(settings: Settings): boolean;
  /**
   * The tools that it may use now, as their servers have last listed them. Never rejects.
   * @param needed names of tools whose servers are waited for
   */
  offered(settings: Settings, needed?: readonly string[]): Promise<Offered>;
  /** All servers, for people to choose from. Waits shortly for those that were not reached yet. Never rejects. */
  describe(): Promise<ToolServerView[]>;
  /** Connects the servers in the background. */
  start(): void;
  /** Ends the connections, and servers that are children of this process. Never rejects. */
  close(): Promise<void>;
};

/** The server of a tool, by its name; null where it is none of these. */
export function serverOf(toolName: string, servers: readonly string[]): string | null {
  return servers.find((server) => toolName.startsWith(`${server}_`)) ?? null;
}

/** The call has surely not reached its tool. `message` is for the model and the person. */
export class NotSent extends Error {
  override readonly name = "NotSent";
}

export function needsApproval(
  { name, approval, isReadOnly }: Pick<OfferedTool, "name" | "approval" | "isReadOnly">,
  { tools }: Settings,
): boolean {
  if (approval === "never" || tools?.allowed?.includes(name)) return false;
  return approval === "always" || !isReadOnly;
}
