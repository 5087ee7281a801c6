import { lookup } from "node:dns/promises";
import type { Clocks } from "./clocks";
import { processEnvironment, type Config } from "./config.server";
import { readConfiguredText } from "./configured-file.server";
import { newId } from "./conversation/session/session-id";
import type { TokenFiles } from "./conversation/calls/token-files";
import type { ToolSet } from "./conversation/calls/tool-set";
import type { AttachmentStore } from "./store/attachments/attachment-store";
import type { SessionStore } from "./store/sessions/session-store";
import { pause } from "./model/pause";
import { createDemoTools } from "./tools/demo-tools";
import { createToolServer, type ToolServer } from "./tools/tool-server";
import { isPublicAddress } from "./tools/read-page/public-address";
import { createReadPage } from "./tools/read-page/read-page-tool";
import { createToolSet } from "./tools/create-tool-set";
import { createFleetTokens } from "./tools/oauth/fleet-tokens";
import { parseTools, type OAuthConfig, type ToolServerConfig } from "./tools/tools-config";

/** Prefixes of the names of built-in tools, which no configured server may have. */
const RESERVED = ["demo", "holdfast"];

type Log = { warn(fields: object, message: string): void; info(fields: object, message: string): void };

/**
 * The servers of tools that the operator has configured.
 * @param source the configuration itself, if it begins with a brace, or the path of a file with it
 * @throws ToolsConfigError, ConfigError
 */
export function readTools(source: string | null, log: Log): ToolServerConfig[] {
  if (source === null) return [];
  const text = source.startsWith("{") ? source : readConfiguredText("MCP_CONFIG", source);
  const { servers, warnings } = parseTools(text, processEnvironment, RESERVED);
  for (const warning of warnings) log.warn({}, warning);
  return servers;
}

export type ToolsDependencies = {
  configs: readonly ToolServerConfig[];
  /** Whether the demo model is on offer, whose tools come with it. */
  isDemo: boolean;
  readPage: Config["readPage"];
  clocks: Clocks;
  log: Log;
};

const PUBLIC_WEB = {
  resolve: (host: string) => lookup(host, { all: true }),
  isPublic: isPublicAddress,
  isPort: (port: number) => [80, 443, 8080, 8443].includes(port),
};

export type ToolStores = {
  attachments: Pick<AttachmentStore, "put">;
  store: Pick<SessionStore, "update">;
  tokens: TokenFiles;
};

/** Creates the servers of tools. They are connected by `ToolSet.start`, or when a conversation needs their tools. */
export function connectTools(
  { configs, isDemo, readPage, clocks, log }: ToolsDependencies,
  { attachments, store, tokens }: ToolStores,
): ToolSet {
  const keepFile = (sessionHash: string) => (filename: string, bytes: Uint8Array) =>
    attachments.put(sessionHash, filename, inOnePiece(bytes));
  const { delay, epochMs } = clocks;
  const { fetch } = globalThis;
  const tokensFor = (oauth: OAuthConfig, resource: string) =>
    createFleetTokens({ oauth, resource, files: tokens, fetch, epochMs, delay, newId });
  const servers: ToolServer[] = configs.map((config) =>
    createToolServer({ config, fetch, clocks, keepFile, tokensFor, log }),
  );
  const demo = createDemoTools({
    async changeNotes(sessionHash, change) {
      const { result } = await store.update(
        sessionHash,
        (session) => {
          const before = session?.notes ?? [];
          const notes = change(before);
          return {
            session: session && notes !== before ? { ...session, notes: [...notes] } : session,
            result: notes,
          };
        },
        { asked: "reply" },
      );
      return result;
    },
    pause: (ms, signal) => pause(clocks.timer, ms, signal),
  });
  const builtIn = [
    ...(isDemo ? [demo] : []),
    ...(readPage === "off" ? [] : [createReadPage({ ...PUBLIC_WEB, asks: readPage === "ask", ...clocks })]),
  ];
  return createToolSet([...builtIn, ...servers], { delay: clocks.backgroundDelay });
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
