import type { MCPClient } from "@ai-sdk/mcp";
import { MAX_TOOL_ERROR_LENGTH, type CallResult } from "~/conversation/calls/call-state";
import { NotSent, type OfferedTool, type ToolRequest, type ToolResult } from "~/conversation/calls/tool-set";
import type { Clocks } from "~/clocks";
import {
  createServerConnection,
  LIST_TIMEOUT_MS,
  type ServerConnection,
  type ServerConnectionOptions,
} from "./server-connection";
import { newDelivery, withDelivery } from "./tool-delivery";
import { toCallResult, type KeepFile } from "./tool-result";
import type { ToolServerConfig } from "./tools-config";

/** One server of tools. */
export type ToolServer = {
  name: string;
  isOffByDefault: boolean;
  /** Its tools as it has last listed them; null where it is away, or was not reached yet. */
  tools(): readonly OfferedTool[] | null;
  /** Names, as the server has them, of tools of that list that models cannot be offered. */
  leftOut(): readonly string[];
  /** Whether the last attempt to reach it has failed. */
  isAway(): boolean;
  /**
   * Connects, and lists the tools again if the list is older than `LIST_MS`. Without effect for `RETRY_MS` after a failure.
   * Resolves at the end of the attempt; never rejects.
   */
  refresh(): Promise<void>;
  /** Ends the connection, and the process of a server that is a child of this one. */
  close(): Promise<void>;
};

export type ToolServerOptions = {
  config: ToolServerConfig;
  fetch: typeof globalThis.fetch;
  clocks: Pick<Clocks, "now" | "timer">;
  /** Stores a file in a session. */
  keepFile: (sessionHash: string) => KeepFile;
  tokensFor: ServerConnectionOptions["tokensFor"];
  log: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
};

/** Age at which a list of tools is asked for anew, in milliseconds: not all servers say when theirs changes. */
const LIST_MS = 60_000;
/** Shortest time from one list to the next that a server causes by saying that it has changed, in milliseconds. */
const RELIST_MS = 1_000;
/** Time after a failure in which a server is not asked again, in milliseconds. */
const RETRY_MS = 10_000;
const MAX_TOOLS = 200;
const MAX_PAGES = 50;
const MAX_DESCRIPTION_LENGTH = 4_000;
/** Characters of the name of a tool that people are shown, or that is logged, where it is left out. */
const MAX_NAME_LENGTH = 64;

export function createToolServer(options: ToolServerOptions): ToolServer {
  const { config, clocks, log } = options;
  let listed: { at: number; tools: readonly OfferedTool[]; leftOut: readonly string[] } | null = null;
  /** Names of the tools without usable arguments, of the list that is being read. */
  let unusable: string[] = [];
  let refreshing: Promise<void> | null = null;
  let failedAt = -Infinity;
  let isAway = false;
  /** Whether the server has said so since the last list was asked for. */
  let hasChanged = false;
  let askedAt = -Infinity;
  let endPause: (() => void) | null = null;
  const logLeftOut = createLeftOutLog(options);
  const onToolsLeftOut = (names: readonly string[]) => void unusable.push(...names);
  const connection = createServerConnection({ ...options, onListChange, onToolsLeftOut });

  async function list() {
    hasChanged = false;
    askedAt = clocks.now();
    unusable = [];
    try {
      const { tools, ...others } = chooseTools((await connection.use(listAll)).map(offer));
      const leftOut = { unusable, ...others };
      for (const reason of LEFT_OUT_REASONS) logLeftOut(leftOut[reason], reason);
      const names = LEFT_OUT_REASONS.flatMap((reason) => leftOut[reason]);
      listed = {
        at: clocks.now(),
        tools,
        leftOut: names.slice(0, MAX_TOOLS).map((name) => name.slice(0, MAX_NAME_LENGTH).toWellFormed()),
      };
      if (isAway) log.info({ server: config.name }, "the tools of a server are back");
      isAway = false;
    } catch (error) {
      failedAt = clocks.now();
      // Without its message, which may name the address with its secrets.
      if (!isAway) log.warn({ server: config.name, reason: nameOf(error) }, "a server of tools is away");
      isAway = true;
      listed = null;
    }
  }

  function refresh(): Promise<void> {
    const now = clocks.now();
    const isFresh = listed !== null && !hasChanged && now - listed.at < LIST_MS;
    if (!refreshing && (isFresh || now - failedAt < RETRY_MS)) return Promise.resolve();
    return (refreshing ??= list().finally(() => {
      refreshing = null;
      if (hasChanged) relist();
    }));
  }

  function onListChange() {
    hasChanged = true;
    if (!refreshing) relist();
  }

  /** A server may say so at each list, or all the time. */
  function relist() {
    endPause ??= clocks.timer(Math.max(0, askedAt + RELIST_MS - clocks.now()), () => {
      endPause = null;
      void refresh();
    });
  }

  function offer({ name, title, description, inputSchema }: ListedTool): ListedOffer {
    return {
      ownName: name,
      name: toolName(config.name, name),
      description: (description ?? title ?? name).slice(0, MAX_DESCRIPTION_LENGTH),
      inputSchema,
      isReadOnly: config.readOnly.includes(name),
      approval: config.approval,
      call: (request) => callTool(name, request, connection, options),
    };
  }

  return {
    name: config.name,
    isOffByDefault: config.isOffByDefault,
    tools: () => listed?.tools ?? null,
    leftOut: () => listed?.leftOut ?? [],
    isAway: () => isAway,
    refresh,
    close() {
      endPause?.();
      return connection.close();
    },
  };
}

/** See `OfferedTool.call`. */
async function callTool(
  name: string,
  request: ToolRequest,
  connection: ServerConnection,
  { config, keepFile }: Pick<ToolServerOptions, "config" | "keepFile">,
): Promise<ToolResult> {
  const { input, signal, sessionHash } = request;
  const delivery = newDelivery(request);
  try {
    const result = await connection.use((client) =>
      withDelivery(delivery, () =>
        client.callTool({
          name,
          arguments: input as Record<string, unknown>,
          options: { signal, timeout: config.timeoutMs, maxTotalTimeout: config.timeoutMs },
        }),
      ),
    );
    return await toCallResult(result, toolName(config.name, name), keepFile(sessionHash));
  } catch (error) {
    const answer = answerIn(error);
    if (answer) return answer;
    if (!signal.aborted) connection.renew();
    if (!delivery.isSent) throw new NotSent(`The server ${config.name} has not taken the call.`);
    // Without the error itself, which quotes the address, and what the server has said.
    throw new Error(`the server ${config.name} gave no answer: ${reasonOf(error)}`);
  }
}

type ListedOffer = OfferedTool & { ownName: string };

/** Names are cut to the length that providers take, so two may be the same: the first one counts. */
function chooseTools(offers: readonly ListedOffer[]) {
  const byName = new Map<string, OfferedTool>();
  const sameName: string[] = [];
  const tooMany: string[] = [];
  for (const { ownName, ...tool } of offers) {
    if (byName.has(tool.name)) sameName.push(ownName);
    else if (byName.size >= MAX_TOOLS) tooMany.push(ownName);
    else byName.set(tool.name, tool);
  }
  return { tools: [...byName.values()], sameName, tooMany };
}

const LEFT_OUT_REASONS = ["unusable", "sameName", "tooMany"] as const;
type LeftOutReason = (typeof LEFT_OUT_REASONS)[number];

const LEFT_OUT: Record<LeftOutReason, string> = {
  unusable: "the schema of their arguments is not that of an object",
  sameName: "with the characters and the length that models take, their names are those of others",
  tooMany: `a server may have ${String(MAX_TOOLS)}`,
};

/** Logs each tool that is left out of the lists of a server once. */
function createLeftOutLog({ config, log }: Pick<ToolServerOptions, "config" | "log">) {
  const logged = new Set<string>();
  return (names: readonly string[], reason: LeftOutReason) => {
    const tools = names.map((name) => name.slice(0, MAX_NAME_LENGTH)).filter((name) => !logged.has(name));
    if (tools.length === 0 || logged.size >= MAX_TOOLS) return;
    for (const tool of tools) logged.add(tool);
    log.warn(
      { server: config.name, tools: tools.slice(0, MAX_TOOLS) },
      `tools of a server are left out: ${LEFT_OUT[reason]}`,
    );
  };
}

type ListedTool = Awaited<ReturnType<MCPClient["listTools"]>>["tools"][number];

/** Some servers end with an empty cursor, and some never end. One more than is offered says that some are left out. */
async function listAll(client: MCPClient): Promise<ListedTool[]> {
  const tools: ListedTool[] = [];
  let cursor: string | null | undefined;
  for (let pages = 0; pages < MAX_PAGES && tools.length <= MAX_TOOLS; pages++) {
    const page = await client.listTools({
      ...(cursor && { params: { cursor } }),
      options: { timeout: LIST_TIMEOUT_MS },
    });
    tools.push(...page.tools);
    cursor = page.nextCursor;
    if (!cursor) break;
  }
  return tools;
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

function reasonOf(error: unknown): string {
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === "number" ? `HTTP ${String(statusCode)}` : nameOf(error);
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : "an error");
