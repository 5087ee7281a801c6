import { createMCPClient, type MCPClient } from "@ai-sdk/mcp";
import { boundedFetch } from "./bounded-fetch";
import { createMessageFilter } from "./message-filter";
import { DeliveringStdioTransport } from "./stdio-transport";
import { createToolFetch } from "./tool-fetch";
import { withTokens, type FleetTokens } from "./oauth/fleet-tokens";
import type { OAuthConfig, ToolServerConfig } from "./tools-config";

/** The connection to one server, which is made when it is first used. */
export type ServerConnection = {
  /** Uses the client, connected. A client that is in use is not closed. @throws what `action` throws, or the failure to connect */
  use<T>(action: (client: MCPClient) => Promise<T>): Promise<T>;
  /** The next use makes a new connection. */
  renew(): void;
  close(): Promise<void>;
};

export type ServerConnectionOptions = {
  config: Pick<ToolServerConfig, "connection">;
  fetch: typeof globalThis.fetch;
  /** The access tokens of a server that the operator has configured some for. */
  tokensFor: (oauth: OAuthConfig, resource: string) => FleetTokens;
  /** Called when the server says that its tools have changed. */
  onListChange: () => void;
  /** Called with the server's own names of tools that were left out of its list. */
  onToolsLeftOut: (names: readonly string[]) => void;
};

/** Longest time to connect, and to list tools, in milliseconds. */
const CONNECT_MS = 10_000;
export const LIST_TIMEOUT_MS = 10_000;
/** Bytes of one answer of a server: some images of the largest size, and what a small node can hold. */
const MAX_ANSWER_BYTES = 32_000_000;

type Tokens = { tokens: FleetTokens | null };

/** `abort` ends an attempt to connect. */
type Open = { abort: () => void; client: Promise<MCPClient>; users: number; isRetired: boolean };

export function createServerConnection(given: ServerConnectionOptions): ServerConnection {
  const { connection } = given.config;
  const oauth = "oauth" in connection ? connection.oauth : undefined;
  // One for all connections: it knows the newest token.
  const tokens = "url" in connection && oauth ? given.tokensFor(oauth, connection.url) : null;
  const options = { ...given, tokens };
  let current: Open | null = null;
  let isClosed = false;

  function connect(): Open {
    if (isClosed) throw new Error("the connection was closed");
    const controller = new AbortController();
    const opened: Open = {
      client: open(options, controller.signal, () => retire(opened)),
      abort: () => controller.abort(),
      users: 0,
      isRetired: false,
    };
    opened.client.catch(() => retire(opened));
    return opened;
  }

  /** Closes a connection as soon as nothing uses it: others may still wait for an answer by it. */
  function retire(connection: Open) {
    connection.isRetired = true;
    if (current === connection) current = null;
    if (connection.users === 0) void close(connection);
  }

  return {
    async use(action) {
      const used = (current ??= connect());
      used.users += 1;
      try {
        return await action(await used.client);
      } finally {
        used.users -= 1;
        if (used.isRetired && used.users === 0) void close(used);
      }
    },
    renew() {
      if (current) retire(current);
    },
    async close() {
      isClosed = true;
      const open = current;
      current = null;
      if (open) await close(open);
    },
  };
}

async function close({ client, abort }: Open) {
  abort();
  try {
    await (await client).close();
  } catch {
    // It was never open, or is closed already.
  }
}

async function open(
  { config, fetch, tokens, onListChange, onToolsLeftOut }: ServerConnectionOptions & Tokens,
  signal: AbortSignal,
  onFailure: () => void,
): Promise<MCPClient> {
  const { connection } = config;
  const filter = createMessageFilter({ onListChange, onToolsLeftOut, maxLength: MAX_ANSWER_BYTES });
  const toolFetch = createToolFetch(boundedFetch(fetch, MAX_ANSWER_BYTES));
  const transport =
    connection.kind === "stdio"
      ? new DeliveringStdioTransport(connection, {
          read: filter.read,
          onEnd: onFailure,
          maxLength: MAX_ANSWER_BYTES,
        })
      : {
          type: connection.kind,
          url: connection.url,
          headers: connection.headers,
          // A call for which there is no token is not sent.
          fetch: filter.filterFetch(tokens ? withTokens(toolFetch, tokens) : toolFetch),
          onSessionExpired: onFailure,
        };
  return createMCPClient({
    transport,
    clientName: "holdfast",
    initializationOptions: { timeout: CONNECT_MS, signal },
    onUncaughtError: onFailure,
  });
}
