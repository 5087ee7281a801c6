import type { Settings } from "~/conversation/session";
import type { OfferedTool, ToolSet } from "~/conversation/calls/tool-set";
import type { ToolServer } from "./tool-server";

/** The tools of several servers. A server that is away is left out: the conversation goes on without its tools. */
export function createToolSet(servers: readonly ToolServer[]): ToolSet {
  const isUsed = (server: ToolServer, { tools }: Settings) =>
    tools?.use?.[server.name] ?? !server.isOffByDefault;

  async function toolsOf(server: ToolServer): Promise<readonly OfferedTool[]> {
    try {
      return await server.tools();
    } catch {
      // Reported by the server.
      return [];
    }
  }

  return {
    isOn: (settings) => servers.some((server) => isUsed(server, settings)),
    async offered(settings) {
      const lists = await Promise.all(servers.filter((server) => isUsed(server, settings)).map(toolsOf));
      const byName = new Map<string, OfferedTool>();
      for (const tool of lists.flat()) {
        // Names are cut to the length that providers take, so two may be the same: the first one counts.
        if (settings.tools?.use?.[tool.name] !== false && !byName.has(tool.name)) byName.set(tool.name, tool);
      }
      return [...byName.values()];
    },
  };
}
