import type { Settings } from "~/conversation/session/session";
import { serverOf, type ToolSet } from "~/conversation/calls/tool-set";
import type { ToolServer } from "./tool-server";

/**
 * Longest wait for a server that was never reached, in milliseconds. An answer waits for no other: it is given the last
 * list, while the next is asked for.
 */
const FIRST_LIST_MS = 2_000;
/** Longest description of a tool that people are shown, in UTF-16 units. */
const MAX_SHOWN_DESCRIPTION = 300;
/** Longest wait for servers to end their connections, in milliseconds. */
const CLOSE_MS = 2_000;

/** The tools of several servers. A server that is away is left out: the conversation goes on without its tools. */
export function createToolSet(
  servers: readonly ToolServer[],
  { delay }: { delay: (ms: number) => Promise<unknown> },
): ToolSet {
  const isUsed = (server: ToolServer, { tools }: Settings) =>
    tools?.use?.[server.name] ?? !server.isOffByDefault;

  /** Refreshes the list of a server, and waits where there is none yet. */
  async function prepare(server: ToolServer, needed: readonly string[]) {
    const refreshed = server.refresh();
    if (server.tools() !== null) return;
    if (needed.some((name) => serverOf(name, [server.name]) !== null)) await refreshed;
    else if (!server.isAway()) await Promise.race([refreshed, delay(FIRST_LIST_MS)]);
  }

  return {
    isEmpty: () => servers.length === 0,
    isOn: (settings) => servers.some((server) => isUsed(server, settings)),
    async offered(settings, needed = []) {
      const used = servers.filter((server) => isUsed(server, settings));
      await Promise.all(used.map((server) => prepare(server, needed)));
      const tools = used
        .flatMap((server) => server.tools() ?? [])
        .filter(({ name }) => settings.tools?.use?.[name] !== false);
      const away = used.filter((server) => server.tools() === null).map(({ name }) => name);
      return { tools, away };
    },
    async describe() {
      await Promise.all(servers.map((server) => prepare(server, [])));
      return servers.map((server) => ({
        name: server.name,
        isAway: server.tools() === null,
        isOn: !server.isOffByDefault,
        leftOut: [...server.leftOut()],
        tools: (server.tools() ?? []).map(({ name, description, isReadOnly, approval }) => ({
          name,
          description: description.slice(0, MAX_SHOWN_DESCRIPTION),
          asks: approval === "always" || (approval === "changes" && !isReadOnly),
        })),
      }));
    },
    start() {
      for (const server of servers) if (!server.isOffByDefault) void server.refresh();
    },
    async close() {
      await Promise.race([Promise.all(servers.map((server) => server.close())), delay(CLOSE_MS)]);
    },
  };
}
