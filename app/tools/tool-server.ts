import { createMCPClient, type MCPClient } from "@ai-sdk/mcp";
import { MAX_TOOL_ERROR_LENGTH, type CallResult } from "~/conversation/calls/call-state";
import { NotSent, type OfferedTool, type ToolRequest } from "~/conversation/calls/tool-set";
import type { Clocks } from "~/clocks";
import { DeliveringStdioTransport } from "./stdio-transport";
import { withDelivery, type Delivery } from "./tool-delivery";
import { createToolFetch } from "./tool-fetch";
import { toCallResult, type KeepFile } from "./tool-result";
import type { ToolServerConfig } from "./tools-config";

/** One server of tools. */
export type ToolServer = {
  name: string;
  isOffByDefault: boolean;
  /** Its tools as it has last listed them, at most `LIST_MS` ago. @throws where it is away, and so for `RETRY_MS` */
  tools(): Promise<readonly OfferedTool[]>;
  close(): Promise<void>;
};

export type ToolServerOptions = {
  config: ToolServerConfig;
  fetch: typeof globalThis.fetch;
  clocks: Pick<Clocks, "now">;
  /** Stores a file in a session. */
  keepFile: (sessionHash: string) => KeepFile;
  log: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
};

/** Age at which a list of tools is asked for anew, in milliseconds: servers may change theirs. */
const LIST_MS = 60_000;
/** Time after a failure in which a server is not asked again, in milliseconds: each answer would wait for it. */
const RETRY_MS = 10_000;
/** Longest time to connect and to list, in milliseconds. */
const CONNECT_MS = 10_000;
const MAX_TOOLS = 200;
const MAX_DESCRIPTION_LENGTH = 4_000;

export function createToolServer(options: ToolServerOptions): ToolServer {
  const { config, clocks, log } = options;
  let client: Promise<MCPClient> | null = null;
  let listed: { at: number; tools: Promise<readonly OfferedTool[]> } | null = null;
  let failedAt = -Infinity;
  let isAway = false;

  function connect(): Promise<MCPClient> {
    return (client ??= open(options, forget).catch((error: unknown) => {
      client = null;
      throw error;
    }));
  }

  /** The connection is gone: the next call makes another one. */
  function forget() {
    client = null;
    listed = null;
  }

  async function list(): Promise<readonly OfferedTool[]> {
    try {
      const tools = await listAll(await connect());
      if (isAway) log.info({ server: config.name }, "the tools of a server are back");
      isAway = false;
      return tools.slice(0, MAX_TOOLS).map((tool) => offer(tool));
    } catch (error) {
      failedAt = clocks.now();
      // Without its message, which may name the address with its secrets.
      if (!isAway) log.warn({ server: config.name, err: nameOf(error) }, "a server of tools is away");
      isAway = true;
      forget();
      throw error;
    }
  }

  function offer({ name, title, description, inputSchema }: ListedTool): OfferedTool {
    return {
      name: toolName(config.name, name),
      description: (description ?? title ?? name).slice(0, MAX_DESCRIPTION_LENGTH),
      inputSchema,
      isReadOnly: config.readOnly.includes(name),
      approval: config.approval,
      call: (request) => call(name, request),
    };
  }

  async function call(name: string, request: ToolRequest): Promise<CallResult> {
    const { input, idempotencyKey, signal, sessionHash } = request;
    const connected = await connect().catch(() => {
      throw new NotSent(`The server ${config.name} cannot be reached.`);
    });
    const delivery: Delivery = { idempotencyKey, isSent: false };
    try {
      const result = await withDelivery(delivery, () =>
        connected.callTool({
          name,
          arguments: input as Record<string, unknown>,
          options: { signal, timeout: config.timeoutMs, maxTotalTimeout: config.timeoutMs },
        }),
      );
      return await toCallResult(result, toolName(config.name, name), options.keepFile(sessionHash));
    } catch (error) {
      const answer = answerIn(error);
      if (answer) return answer;
      if (!signal.aborted) forget();
      if (!delivery.isSent) throw new NotSent(`The server ${config.name} has not taken the call.`);
      throw error;
    }
  }

  return {
    name: config.name,
    isOffByDefault: config.isOffByDefault,
    async tools() {
      const now = clocks.now();
      if (now - failedAt < RETRY_MS) throw new Error("the server was away a moment ago");
      if (!listed || now - listed.at > LIST_MS) listed = { at: now, tools: list() };
      return listed.tools;
    },
    async close() {
      const open = client;
      forget();
      await open?.then((each) => each.close()).catch(() => undefined);
    },
  };
}

type ListedTool = Awaited<ReturnType<MCPClient["listTools"]>>["tools"][number];

async function listAll(client: MCPClient): Promise<ListedTool[]> {
  const tools: ListedTool[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listTools({
      ...(cursor !== undefined && { params: { cursor } }),
      options: { timeout: CONNECT_MS },
    });
    tools.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor !== undefined && tools.length < MAX_TOOLS);
  return tools;
}

async function open({ config, fetch }: ToolServerOptions, onClose: () => void): Promise<MCPClient> {
  const { connection } = config;
  const transport =
    connection.kind === "stdio"
      ? new DeliveringStdioTransport(connection)
      : {
          type: connection.kind,
          url: connection.url,
          headers: connection.headers,
          fetch: createToolFetch(fetch),
          onSessionExpired: onClose,
        };
  return createMCPClient({
    transport,
    clientName: "holdfast",
    initializationOptions: { timeout: CONNECT_MS },
    onUncaughtError: onClose,
  });
}

/** The answer of a server that refuses a call by the protocol, such as for wrong arguments; null for other failures. */
function answerIn(error: unknown): CallResult | null {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code !== "number" || typeof message !== "string") return null;
  return { state: "output-error", errorText: message.slice(0, MAX_TOOL_ERROR_LENGTH).toWellFormed() };
}

/** `<server>_<tool>`, with the characters and the length that all providers take. */
function toolName(server: string, tool: string): string {
  return `${server}_${tool.replace(/[^A-Za-z0-9_-]/g, "_")}`.slice(0, 64);
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : "an error");
