import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { NotSent, type OfferedTool } from "~/conversation/calls/tool-set";
import type { ToolOutput } from "~/conversation/calls/tool-part";
import { realClocks } from "~/clocks";
import { createFakeTime } from "../../tests/fixtures/fake-time";
import {
  mcpTools,
  progressOf,
  startMcpServer,
  type McpAnswer,
  type McpServer,
} from "../../tests/fixtures/models/mcp-server";
import type { FleetTokens } from "./oauth/fleet-tokens";
import { reportProgress } from "./tool-delivery";
import { createToolServer, type ToolServer } from "./tool-server";
import { parseTools } from "./tools-config";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const textIn = ({ content: [only] }: ToolOutput) => (only?.type === "text" ? only.text : "");
const text = (words: string) => ({ content: [{ type: "text", text: words }] });
const logged: { fields: object; message: string }[] = [];

type Time = Pick<typeof realClocks, "now" | "timer">;

const connect = (
  url: string,
  change: object = {},
  fetch = globalThis.fetch,
  clocks: Time = realClocks,
): ToolServer => configured({ url, readOnly: ["read"], ...change }, fetch, clocks);

function configured(
  files: object,
  fetch = globalThis.fetch,
  clocks: Time = realClocks,
  tokens?: FleetTokens,
): ToolServer {
  const config = JSON.stringify({ mcpServers: { files } });
  const log = (fields: object, message: string) => void logged.push({ fields, message });
  const server = createToolServer({
    config: parseTools(config, {}).servers[0]!,
    fetch,
    clocks,
    keepFile: () => (filename, bytes) =>
      Promise.resolve({ id: "a".repeat(64), mediaType: "image/png", filename, size: bytes.length }),
    tokensFor: () => {
      if (!tokens) throw new Error("no tokens are configured");
      return tokens;
    },
    log: { warn: log, info: log },
  });
  closing.push(server.close);
  return server;
}

async function serverThat(answer: McpAnswer): Promise<McpServer> {
  const server = await startMcpServer(mcpTools("read", "write file!"), answer);
  closing.push(server.close);
  return server;
}

async function toolOf(server: ToolServer, name: string): Promise<OfferedTool> {
  await server.refresh();
  return server.tools()!.find((tool) => tool.name === name)!;
}

const request = (change: object = {}) => ({
  sessionHash: "s",
  input: { path: "a" },
  idempotencyKey: "r.c.1",
  signal: new AbortController().signal,
  onProgress: () => undefined,
  ...change,
});

describe("a server of tools", () => {
  it("offers its tools under names that providers take, with the operator's policy and not its own hints", async () => {
    const { url } = await serverThat((_, __, reply) => reply(text("")));
    const server = connect(url);
    expect(server.tools()).toBeNull();
    await server.refresh();
    expect(server.tools()).toMatchObject([
      { name: "files_read", isReadOnly: true, approval: "changes" },
      { name: "files_write_file_", isReadOnly: false, approval: "changes" },
    ]);
  });

  it("is sent the arguments with an idempotency key, and the operator's headers", async () => {
    const { url, calls, headers } = await serverThat((_, __, reply) => reply(text("done")));
    const tool = await toolOf(connect(url, { headers: { "X-Token": "t" } }), "files_write_file_");
    const result = await tool.call(request());
    expect(result).toEqual({ state: "output-available", output: text("done") });
    expect(calls).toMatchObject([
      { name: "write file!", arguments: { path: "a" }, _meta: { idempotencyKey: "r.c.1" } },
    ]);
    expect(headers.every((each) => each["x-token"] === "t")).toBe(true);
  });

  it("reports an error of its own: that is an answer", async () => {
    const { url } = await serverThat((_, __, reply) => reply({ ...text("No such file."), isError: true }));
    const tool = await toolOf(connect(url), "files_read");
    expect(await tool.call(request())).toEqual({ state: "output-error", errorText: "No such file." });
  });

  it("returns images as attachments, and structured content where there is no other", async () => {
    const image = { type: "image", data: Buffer.from("png").toString("base64"), mimeType: "image/png" };
    let result: Record<string, unknown> = { content: [image] };
    const { url } = await serverThat((_, __, reply) => reply(result));
    const tool = await toolOf(connect(url), "files_read");
    expect(await tool.call(request())).toMatchObject({
      output: {
        content: [{ type: "file", filename: "files_read.png", url: `attachment:${"a".repeat(64)}` }],
      },
    });
    result = { content: [], structuredContent: { n: 1 } };
    expect(await tool.call(request())).toMatchObject({ output: { structuredContent: { n: 1 } } });
  });

  it.each<[string, object]>([
    ["texts", { type: "text", text: "x" }],
    ["unknown things", { type: "hologram" }],
    ["links", { type: "resource_link", uri: "https://example.org/a", name: "a" }],
    ["long links", { type: "resource_link", uri: `https://example.org/${"a".repeat(2_500)}`, name: "a" }],
  ])("keeps a result of many %s within what a message holds", async (_, item) => {
    const content = Array.from({ length: 5_000 }, () => item);
    const { url } = await serverThat((_call, __, reply) => reply({ content }));
    const result = await (await toolOf(connect(url), "files_read")).call(request());
    expect(JSON.stringify(result).length).toBeLessThan(100_000);
    expect(inspect(result, { depth: 9, maxArrayLength: null })).toContain("[4900 more items: left out]");
  });

  it.each([100, 2_000])("notes structured content of %d levels that cannot be stored", async (levels) => {
    const structuredContent = JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`) as object;
    const { url } = await serverThat((_call, __, reply) => reply({ content: [], structuredContent }));
    const result = await (await toolOf(connect(url), "files_read")).call(request());
    const note = { type: "text", text: "[structured content: nested too deeply]" };
    expect(result).toMatchObject({
      state: "output-available",
      output: levels > 100 ? { content: [note] } : { structuredContent },
    });
  });

  it("names the pages that a result links to as sources", async () => {
    const link = { type: "resource_link", uri: "https://example.org/a", name: "a", title: "A page" };
    const { url } = await serverThat((_, __, reply) =>
      reply({ content: [link, { ...link, uri: "file:///etc/a" }] }),
    );
    const tool = await toolOf(connect(url), "files_read");
    expect(await tool.call(request())).toMatchObject({
      output: { content: [{ text: "A page: https://example.org/a" }, { text: "A page: file:///etc/a" }] },
      sources: [{ url: "https://example.org/a", title: "A page" }],
    });
  });

  it("leaves what it has said, and its address, out of the error that is logged", async () => {
    const { url } = await serverThat((_, response) => void response.writeHead(500).end("secret words"));
    const tool = await toolOf(connect(`${url}?key=secret`), "files_write_file_");
    const error = await tool.call(request()).catch((thrown: unknown) => thrown as Error);
    expect(inspect(error)).toContain("HTTP 500");
    expect(inspect(error)).not.toMatch(/secret|127\.0\.0\.1/);
  });

  it.each([
    ["a refused request", 403, true],
    ["too many requests", 429, true],
    ["a failure of the server", 500, false],
    ["a gateway that gave up", 504, false],
  ])("after %s, it is %i: known not to have run it is %s", async (_, status, isKnown) => {
    const { url } = await serverThat((_call, response) => void response.writeHead(status).end("no"));
    const tool = await toolOf(connect(url), "files_write_file_");
    const error = await tool.call(request()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error instanceof NotSent).toBe(isKnown);
  });

  it("that breaks the connection after it got the call leaves the outcome unknown", async () => {
    const { url } = await serverThat((_, response) => void response.destroy());
    const tool = await toolOf(connect(url), "files_write_file_");
    await expect(tool.call(request())).rejects.not.toBeInstanceOf(NotSent);
  });

  it("that does not answer in time leaves the outcome unknown", async () => {
    const { url } = await serverThat(() => undefined);
    const tool = await toolOf(connect(url, { timeoutSeconds: 0.05 }), "files_write_file_");
    await expect(tool.call(request())).rejects.not.toBeInstanceOf(NotSent);
  });

  it("that refuses the connection is known not to have got the call", async () => {
    const server = await serverThat((_, __, reply) => reply(text("")));
    let isGone = false;
    const fetch: typeof globalThis.fetch = (...args) =>
      isGone
        ? Promise.reject(new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } }))
        : globalThis.fetch(...args);
    const tool = await toolOf(connect(server.url, {}, fetch), "files_read");
    isGone = true;
    await expect(tool.call(request())).rejects.toBeInstanceOf(NotSent);
  });

  it("for which there is no new token is known not to have run the call, whether it was asked or not", async () => {
    const mcp = await serverThat((_, response) => void response.writeHead(401).end());
    const refused = () => Promise.reject(new Error("the authorization server has refused the refresh token"));
    let current = () => Promise.resolve("a token");
    const oauth = { clientId: "me", refreshToken: "refresh-0" };
    const tokens = { current: () => current(), replace: refused };
    const server = configured({ url: mcp.url, oauth }, globalThis.fetch, realClocks, tokens);
    const tool = await toolOf(server, "files_read");
    await expect(tool.call(request())).rejects.toBeInstanceOf(NotSent);
    expect(mcp.calls).toHaveLength(1);
    const again = configured({ url: mcp.url, oauth }, globalThis.fetch, realClocks, tokens);
    const other = await toolOf(again, "files_read");
    current = refused;
    await expect(other.call(request())).rejects.toBeInstanceOf(NotSent);
    expect(mcp.calls).toHaveLength(1);
  });

  it("gets one cancellation of a call that it has taken with a second token", async () => {
    const mcp = await serverThat((_, response) => {
      if (mcp.calls.length === 1) response.writeHead(401).end();
    });
    const tokens = { current: () => Promise.resolve("old"), replace: () => Promise.resolve("new") };
    const oauth = { clientId: "me", refreshToken: "refresh-0" };
    const server = configured({ url: mcp.url, oauth }, globalThis.fetch, realClocks, tokens);
    const tool = await toolOf(server, "files_read");
    const stop = new AbortController();
    const call = tool.call(request({ signal: stop.signal }));
    await mcp.call(1);
    stop.abort();
    await expect(call).rejects.not.toBeInstanceOf(NotSent);
    await expect.poll(() => mcp.cancelled).toHaveLength(1);
    expect(mcp.headers.at(-1)).toMatchObject({ authorization: "Bearer new" });
  });

  it("gets a cancellation when the person has stopped the answer", async () => {
    const server = await serverThat(() => undefined);
    const tool = await toolOf(connect(server.url), "files_write_file_");
    const stop = new AbortController();
    const called = tool.call(request({ signal: stop.signal })).catch((error: unknown) => error);
    await server.call(0);
    stop.abort(new Error("stopped"));
    expect(await called).not.toBeInstanceOf(NotSent);
    await expect.poll(() => server.cancelled).toHaveLength(1);
  });

  it("gets no cancellation of a call that has ended, when its connection is closed", async () => {
    const mcp = await serverThat((_, __, reply) => reply(text("done")));
    const server = connect(mcp.url);
    const stop = new AbortController();
    await (await toolOf(server, "files_read")).call(request({ signal: stop.signal }));
    await server.close();
    stop.abort(new Error("stopped"));
    await new Promise((resolve) => setImmediate(resolve));
    await fetch(mcp.url, { method: "POST", body: JSON.stringify({ id: 1, method: "tools/list" }) });
    expect(mcp.cancelled).toEqual([]);
  });

  it("that is away is asked again after a while only, and its address is not logged", async () => {
    logged.length = 0;
    const server = connect("http://127.0.0.1:9/secret-path");
    await server.refresh();
    await server.refresh();
    expect([server.tools(), server.isAway()]).toEqual([null, true]);
    expect(logged).toMatchObject([{ message: "a server of tools is away" }]);
    expect(JSON.stringify(logged)).not.toContain("secret-path");
  });

  it("reports the progress of each call to that call alone, as far as it can be used, and none after its end", async () => {
    const mcp = await serverThat((call, _, reply) => {
      reply.notify(
        progressOf(call, { progress: 1, total: 4, message: " reading " }),
        progressOf(call, { progress: 2, total: -1, message: 7 }),
        progressOf(call, { progress: "much" }),
        { method: "notifications/progress", params: { progressToken: "of another", progress: 3 } },
      );
      reply(text("done"));
    });
    const tool = await toolOf(connect(mcp.url), "files_read");
    const progress: unknown[][] = [[], []];
    for (const one of progress)
      await tool.call(request({ onProgress: (said: unknown) => void one.push(said) }));
    const said = [{ progress: 1, total: 4, message: "reading" }, { progress: 2 }];
    expect(progress).toEqual([said, said]);
    reportProgress({ progressToken: mcp.calls[0]!._meta!.progressToken, progress: 9 });
    expect(progress[0]).toEqual(said);
  });

  it("that says that its tools have changed is asked for them at once", async () => {
    const mcp = await serverThat((_, __, reply) => {
      mcp.tools.push(...mcpTools("more"));
      reply.notify({ method: "notifications/tools/list_changed" });
      reply(text("done"));
    });
    const server = connect(mcp.url);
    const tool = await toolOf(server, "files_read");
    expect(await tool.call(request())).toMatchObject({ output: text("done") });
    await expect.poll(() => server.tools()?.map(({ name }) => name)).toContain("files_more");
  });
});

/**
 * A fetch that answers requests for the list of tools itself, and counts them: with an object as JSON, with a text as
 * events, of which the last is the list `streamed`.
 */
function listing(
  answer: (cursor: unknown) => object | string,
  streamed: object = { tools: mcpTools("read") },
) {
  const listed = { times: 0 };
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const body = typeof init?.body === "string" ? init.body : "{}";
    const { id, method, params } = JSON.parse(body) as { [key in "id" | "method"]: unknown } & {
      params?: { cursor?: unknown };
    };
    if (method !== "tools/list") return globalThis.fetch(input, init);
    listed.times += 1;
    const result = answer(params?.cursor);
    if (typeof result === "object") return Response.json({ jsonrpc: "2.0", id, result });
    const event = `data: ${JSON.stringify({ jsonrpc: "2.0", id, result: streamed })}\n\n`;
    return new Response(result + event, { headers: { "Content-Type": "text/event-stream" } });
  };
  return { listed, fetch };
}

const CHANGED = `data: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/tools/list_changed" })}\n\n`;

describe("a server of tools whose list is odd", () => {
  const answered: McpAnswer = (_, __, reply) => reply(text(""));

  it.each([
    ["ends with an empty cursor", "", 1],
    ["never ends", "again", 50],
  ])("that %s has the tools that it has named", async (_, nextCursor, times) => {
    const { url } = await serverThat(answered);
    const { listed, fetch } = listing((cursor) => ({
      tools: cursor === undefined ? mcpTools("read") : [],
      nextCursor,
    }));
    const server = connect(url, {}, fetch);
    await server.refresh();
    expect(server.tools()?.map(({ name }) => name)).toEqual(["files_read"]);
    expect(listed.times).toBe(times);
  });

  it.each(["JSON", "events"])(
    "in %s that has tools without usable arguments has the others, and the log names those once",
    async (form) => {
      logged.length = 0;
      const [read, write] = mcpTools("read", "write");
      const tools = [
        ...[{ ...read, description: null, annotations: { title: null }, outputSchema: null }, write],
        ...[{ name: "none" }, { name: "text", inputSchema: "x" }, { inputSchema: {} }, null],
        ...[
          { name: "list", inputSchema: { type: "array" } },
          { name: "bare", inputSchema: {} },
        ],
        { name: "odd", inputSchema: { type: "object", properties: [] } },
      ];
      const { url } = await serverThat(answered);
      const result = { tools, nextCursor: null };
      const { fetch } = listing(() => (form === "JSON" ? result : "\n"), result);
      const time = createFakeTime();
      const server = connect(url, {}, fetch, time);
      await server.refresh();
      expect(server.tools()?.map(({ name }) => name)).toEqual(["files_read", "files_write", "files_bare"]);
      expect(server.tools()!.map(({ inputSchema }) => inputSchema.type)).toEqual(Array(3).fill("object"));
      await time.advance(60_000);
      await server.refresh();
      const names = ["none", "text", "a tool without a name", "a tool without a name", "list", "odd"];
      expect(server.leftOut()).toEqual(names);
      expect(logged.map(({ fields }) => fields)).toEqual([{ server: "files", tools: names }]);
    },
  );

  it("with names that are one name to a model has the first, and names the others, as it does those over 200", async () => {
    logged.length = 0;
    const many = Array.from({ length: 200 }, (_, index) => `many${String(index)}`);
    const mcp = await serverThat(answered);
    mcp.tools.push(
      ...mcpTools("write-file!", "write file?", `${"w".repeat(70)}1`, `${"w".repeat(70)}2`, ...many),
    );
    const server = connect(mcp.url);
    await server.refresh();
    const names = server.tools()!.map(({ name }) => name);
    expect(names).toHaveLength(200);
    expect(new Set(names).size).toBe(200);
    const leftOut = ["write file?", "w".repeat(64), "many196", "many197", "many198", "many199"];
    expect(server.leftOut()).toEqual(leftOut);
    expect(logged.flatMap(({ fields }) => (fields as { tools: string[] }).tools)).toEqual(leftOut);
    const write = server.tools()!.find(({ name }) => name === "files_write_file_")!;
    await write.call(request());
    expect(mcp.calls.at(-1)!.name).toBe("write file!");
  });

  it("that changes whenever it is listed is asked again, and not all the time", async () => {
    const { url } = await serverThat(answered);
    const { listed, fetch } = listing(() => CHANGED.repeat(20));
    const time = createFakeTime();
    const server = connect(url, {}, fetch, time);
    await server.refresh();
    await time.advance(999);
    expect(listed.times).toBe(1);
    await time.advance(1);
    await expect.poll(() => listed.times).toBe(2);
  });
});

describe("a server of tools that sends too much", () => {
  it.each(["application/json", "text/event-stream"])(
    "as %s leaves the outcome of the call unknown, and is not read to its end",
    async (type) => {
      let sent = 0;
      const mcp = await serverThat((_, response) => {
        response.writeHead(200, { "Content-Type": type }).write("data: ");
        const piece = "x".repeat(1_000_000);
        const more = () => {
          while (!response.destroyed && sent < 200) {
            sent += 1;
            if (!response.write(piece)) return void response.once("drain", more);
          }
        };
        more();
      });
      const tool = await toolOf(connect(mcp.url, { timeoutSeconds: 2 }), "files_read");
      const failure = await tool.call(request()).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Error);
      expect(failure).not.toBeInstanceOf(NotSent);
      expect(sent).toBeLessThan(100);
    },
  );
});

describe("a server of tools that is a child of this process", () => {
  const child = fileURLToPath(new URL("../../tests/fixtures/models/mcp-child.js", import.meta.url));
  const isRunning = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it("keeps its process while it sends notifications, and ends with the connection", async () => {
    const server = configured({ command: process.execPath, args: [child] });
    const tool = await toolOf(server, "files_pid");
    const pids = [await tool.call(request()), await tool.call(request())].map(
      (result) => result.state === "output-available" && Number(textIn(result.output)),
    );
    expect(new Set(pids).size).toBe(1);
    expect(isRunning(Number(pids[0]))).toBe(true);
    await server.close();
    await expect.poll(() => isRunning(Number(pids[0]))).toBe(false);
  });

  /** The child, with code that runs before it. */
  const childAfter = (code: string) => ({
    command: process.execPath,
    args: ["--input-type=module", "-e", `${code}; await import(${JSON.stringify(child)})`],
  });

  it("keeps its process when it writes lines that are no messages, and answers a call twice", async () => {
    const chatty = `console.log("Welcome!"); process.stdin.on("data", (data) => {
      for (const id of String(data).match(/(?<="id":)\\d+/g) ?? [])
        console.log("{}\\n\\0\\n" + '{"jsonrpc":"2.0","id":' + (id - 1) + ',"result":{"content":[]}}');
    })`;
    const server = configured(childAfter(chatty));
    const tool = await toolOf(server, "files_pid");
    const pids = new Set<unknown>();
    for (let time = 0; time < 3; time++) {
      const result = await tool.call(request());
      pids.add(result.state === "output-available" && textIn(result.output));
    }
    expect(pids.size).toBe(1);
    expect(Number([...pids][0])).toBeGreaterThan(0);
  });

  it("is ended when it sends a message without end, and the outcome of the call is unknown", async () => {
    const endless = `const write = process.stdout.write.bind(process.stdout);
    process.stdin.on("data", (data) => {
      if (!String(data).includes("tools/call")) return;
      process.stdout.write = () => true;
      const more = () => write("x".repeat(1e6), more);
      more();
    })`;
    const tool = await toolOf(configured(childAfter(endless)), "files_pid");
    const failure = await tool.call(request()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(NotSent);
  });

  it("that ends before it has said a word, or cannot be started, is away", async () => {
    for (const command of [process.execPath, "/nothing/there"]) {
      const server = configured({ command, args: ["-e", "process.exit(1)"] });
      await server.refresh();
      expect(server.isAway()).toBe(true);
    }
  });

  it("reports the progress of a call", async () => {
    const tool = await toolOf(configured({ command: process.execPath, args: [child] }), "files_pid");
    const progress: unknown[] = [];
    await tool.call(request({ onProgress: (said: unknown) => void progress.push(said) }));
    expect(progress).toEqual([{ progress: 1, total: 2 }]);
  });

  it("is started again after it has ended", async () => {
    const server = configured({ command: process.execPath, args: [child] });
    const tool = await toolOf(server, "files_pid");
    const pid = async () => {
      const result = await tool.call(request()).catch(() => null);
      return result?.state === "output-available" ? Number(textIn(result.output)) : null;
    };
    const first = (await pid())!;
    process.kill(first, "SIGKILL");
    await expect.poll(() => isRunning(first)).toBe(false);
    await expect.poll(pid).not.toBeNull();
  });
});
