import { describe, expect, it } from "vitest";
import type { OfferedTool } from "~/conversation/calls/tool-set";
import type { Settings } from "~/conversation/session/session";
import { createToolSet } from "./create-tool-set";
import type { ToolServer } from "./tool-server";

const SETTINGS = {} as Settings;

const tool = (name: string): OfferedTool => ({
  name,
  description: name,
  inputSchema: { type: "object" },
  isReadOnly: true,
  approval: "changes",
  call: () => Promise.reject(new Error("not called")),
});

/** A server whose first list comes when the test says so. */
function scriptedServer(name: string, isOffByDefault = false) {
  const listed = Promise.withResolvers<void>();
  const state = { refreshed: 0, isAway: false, tools: null as readonly OfferedTool[] | null };
  const server: ToolServer = {
    name,
    isOffByDefault,
    tools: () => state.tools,
    leftOut: () => [],
    isAway: () => state.isAway,
    refresh() {
      state.refreshed += 1;
      return listed.promise;
    },
    close: () => Promise.resolve(),
  };
  return {
    server,
    state,
    list(tools: readonly OfferedTool[] | null) {
      state.tools = tools;
      state.isAway = tools === null;
      listed.resolve();
    },
  };
}

const atOnce = { delay: () => Promise.resolve() };
const never = { delay: () => new Promise(() => undefined) };

describe("the tools of several servers", () => {
  it("are offered from the last lists, while a server hangs", async () => {
    const [here, hangs] = [scriptedServer("here"), scriptedServer("hangs")];
    here.list([tool("here_a")]);
    hangs.state.tools = [tool("hangs_b")];
    const { tools, away } = await createToolSet([here.server, hangs.server], never).offered(SETTINGS);
    expect(tools.map(({ name }) => name)).toEqual(["here_a", "hangs_b"]);
    expect(away).toEqual([]);
    expect(hangs.state.refreshed).toBe(1);
  });

  it("do not wait for a server that was away, which is named", async () => {
    const { server, state } = scriptedServer("gone");
    state.isAway = true;
    expect(await createToolSet([server], never).offered(SETTINGS)).toEqual({ tools: [], away: ["gone"] });
  });

  it("wait for a short time for a server that was never reached", async () => {
    const { server, list } = scriptedServer("new");
    const set = createToolSet([server], never);
    const offered = set.offered(SETTINGS);
    list([tool("new_a")]);
    expect((await offered).tools).toHaveLength(1);
    const hangs = scriptedServer("hangs");
    expect((await createToolSet([hangs.server], atOnce).offered(SETTINGS)).away).toEqual(["hangs"]);
  });

  it("wait for the server of a call that is open, however long it takes", async () => {
    const { server, list } = scriptedServer("files");
    const offered = createToolSet([server], atOnce).offered(SETTINGS, ["files_write"]);
    const first = await Promise.race([offered, new Promise((resolve) => setImmediate(resolve, "waits"))]);
    expect(first).toBe("waits");
    list([tool("files_write")]);
    expect((await offered).tools).toHaveLength(1);
  });

  it("leave out servers and tools that the conversation has switched off", async () => {
    const [one, two] = [scriptedServer("one"), scriptedServer("two", true)];
    one.list([tool("one_a"), tool("one_b")]);
    two.list([tool("two_a")]);
    const set = createToolSet([one.server, two.server], never);
    const named = async (tools: Settings["tools"]) =>
      (await set.offered({ ...SETTINGS, tools })).tools.map(({ name }) => name);
    expect(await named(undefined)).toEqual(["one_a", "one_b"]);
    expect(await named({ use: { two: true, one_b: false } })).toEqual(["one_a", "two_a"]);
    expect(set.isOn({ ...SETTINGS, tools: { use: { one: false } } })).toBe(false);
  });
});
