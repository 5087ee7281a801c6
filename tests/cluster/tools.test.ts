import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SessionView } from "~/conversation/api";
import type { ToolPart } from "~/conversation/calls/tool-part";
import { newId } from "~/conversation/session/session-id";
import {
  startChatEndpoint,
  stream,
  type ChatEndpoint,
  type ChatRequest,
} from "../fixtures/models/chat-endpoint";
import { startCluster, type Cluster, type ClusterNode } from "../fixtures/cluster";
import { mcpTools, progressOf, startMcpServer, type McpServer } from "../fixtures/models/mcp-server";

/**
 * Tools over HTTP on three nodes. The model calls the tools that the question names, and then repeats their results. The
 * server of tools answers a call once the test lets it.
 */
let cluster: Cluster;
let model: ChatEndpoint;
let tools: McpServer;
let answers: (() => void)[] = [];
let answersAtOnce = true;

beforeAll(async () => {
  model = await startChatEndpoint((response, request) => {
    const chunk = (delta: object, reason: string | null) => ({
      choices: [{ index: 0, delta, finish_reason: reason }],
    });
    const called = callsIn(request);
    if (called.length > 0) stream(response, chunk({ tool_calls: called }, null), chunk({}, "tool_calls"));
    else stream(response, chunk({ content: `Results: ${resultsIn(request).join("; ")}` }, "stop"));
    response.end("data: [DONE]\n\n");
  });
  tools = await startMcpServer(mcpTools("read", "write", "log"), (call, _, reply) => {
    const answer = () => reply({ content: [{ type: "text", text: `${call.name} is done` }] });
    reply.notify(progressOf(call, { progress: 1, total: 4, message: "under way" }));
    if (answersAtOnce) answer();
    else answers.push(answer);
  });
  cluster = await startCluster({
    env: {
      ...model.env("caller"),
      MCP_CONFIG: JSON.stringify({
        mcpServers: {
          files: { url: tools.url, readOnly: ["read"] },
          free: { url: tools.url, approval: "never" },
        },
      }),
    },
  });
});
afterAll(async () => {
  await cluster?.stop();
  await tools?.close();
  await model?.close();
});
beforeEach(() => {
  answersAtOnce = true;
  answers = [];
});
afterEach(() => cluster.lead());

type ChatMessage = { role: string; content: unknown };
const messagesIn = ({ body }: ChatRequest) => body.messages as ChatMessage[];

/** The calls for the names in brackets of the question, unless their results are there already. */
function callsIn(request: ChatRequest): object[] {
  const messages = messagesIn(request);
  if (messages.at(-1)?.role === "tool") return [];
  const names = [...JSON.stringify(messages.at(-1)?.content).matchAll(/\[(\w+)\]/g)].map(([, name]) => name);
  return names.map((name, index) => ({
    index,
    id: `call_${String(index)}`,
    function: { name, arguments: '{"path":"a"}' },
  }));
}

const resultsIn = (request: ChatRequest): unknown[] =>
  messagesIn(request).flatMap(({ role, content }) => (role === "tool" ? [content] : []));

function request(node: Pick<ClusterNode, "url">, sessionId: string, path: string, body?: object) {
  return fetch(`${node.url}${path}`, {
    method: body ? "POST" : "GET",
    headers: { "X-Session-Id": sessionId, "Content-Type": "application/json", Accept: "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
}

async function ask(node: ClusterNode, text: string): Promise<string> {
  const sessionId = newId();
  const message = { id: newId(), parts: [{ type: "text", text }] };
  const response = await request(node, sessionId, "/api/session/messages", { message, parentId: null });
  expect(response.status).toBe(202);
  return sessionId;
}

const read = async (node: ClusterNode, sessionId: string) =>
  (await (await request(node, sessionId, "/api/session")).json()) as SessionView;

/** The session as soon as its reply waits. */
async function waiting(node: ClusterNode, sessionId: string): Promise<ToolPart[]> {
  for (;;) {
    const { reply } = await read(node, sessionId);
    if (reply?.state === "waiting") return partsOf(reply.message!.parts);
    await delay(50);
  }
}

/** The calls and the text of the answer, as soon as it has settled. */
async function settled(node: ClusterNode, sessionId: string) {
  for (;;) {
    const { reply, messages } = await read(node, sessionId);
    const answer = messages.at(-1);
    if (!reply && answer?.role === "assistant") {
      const text = answer.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("");
      return { calls: partsOf(answer.parts), text, status: answer.metadata.status };
    }
    await delay(50);
  }
}

const partsOf = (parts: readonly { type: string }[]) =>
  parts.filter((part): part is ToolPart => part.type === "dynamic-tool");

async function decide(node: ClusterNode, sessionId: string, decision: object) {
  const response = await request(node, sessionId, "/api/session/decisions", decision);
  const body = (await response.json()) as { rev?: number; error?: { code: string } };
  return { status: response.status, code: body.error?.code };
}

const toolCallId = (calls: ToolPart[]) => calls[0]!.toolCallId;
const count = (name: string) => tools.calls.filter((call) => call.name === name).length;

describe("tools on three nodes", () => {
  it("a read-only call runs at once, and its result reaches the model", async () => {
    const [one] = cluster.nodes;
    const answer = await settled(one!, await ask(one!, "Please [files_read]"));
    expect(answer).toMatchObject({
      status: "complete",
      text: "Results: read is done",
      calls: [{ toolName: "files_read", state: "output-available" }],
    });
  });

  it("an approval on another node runs the call once; the same again changes nothing, another is refused", async () => {
    const [one, two, three] = cluster.nodes;
    const before = count("write");
    const sessionId = await ask(one!, "Please [files_write]");
    const calls = await waiting(two!, sessionId);
    expect(calls).toMatchObject([
      { toolName: "files_write", state: "approval-requested", input: { path: "a" } },
    ]);
    expect(count("write")).toBe(before);
    const approval = { toolCallId: toolCallId(calls), decision: "approve", input: { path: "b" } };
    expect(await decide(two!, sessionId, approval)).toMatchObject({ status: 202 });
    expect(await decide(three!, sessionId, approval)).toMatchObject({ status: 202 });
    const decided = { status: 409, code: "already_decided" };
    const deny = { toolCallId: toolCallId(calls), decision: "deny" };
    expect(await decide(one!, sessionId, deny)).toEqual(decided);
    // Other arguments are another decision: nobody is told that they are used.
    const other = { ...approval, input: { path: "c" } };
    expect(await decide(one!, sessionId, other)).toEqual(decided);
    const answer = await settled(three!, sessionId);
    expect(answer).toMatchObject({
      text: "Results: write is done",
      calls: [{ state: "output-available", attempt: 1, input: { path: "b" } }],
    });
    expect(count("write")).toBe(before + 1);
    expect(tools.calls.at(-1)).toMatchObject({ arguments: { path: "b" } });
    expect(await decide(two!, sessionId, approval)).toMatchObject({ status: 202 });
    expect(await decide(two!, sessionId, other)).toEqual(decided);
  });

  it("followers on any node see how far a call has come, under a cursor with which nothing is missed", async () => {
    const [one, two] = cluster.nodes;
    answersAtOnce = false;
    const sessionId = await ask(one!, "Please [files_read]");
    await tools.call(tools.calls.length);
    for (const node of [one!, two!]) {
      const left = new AbortController();
      const response = await fetch(`${node.url}/api/session/stream`, {
        headers: { "X-Session-Id": sessionId },
        signal: left.signal,
      });
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      let heard = "";
      while (!heard.includes("data-tool-progress")) heard += (await reader.read()).value ?? "";
      left.abort();
      const events = heard.split("\n\n");
      const at = events.findIndex((event) => event.includes("data-tool-progress"));
      const [id, data] = events[at]!.split("\ndata: ");
      expect(JSON.parse(data!)).toMatchObject({
        type: "data-tool-progress",
        transient: true,
        data: [{ progress: 1, total: 4, message: "under way" }],
      });
      expect(events[at - 1]!.startsWith(`${id!}\n`)).toBe(true);
    }
    for (const answer of answers) answer();
    expect(await settled(two!, sessionId)).toMatchObject({ text: "Results: read is done" });
  });

  it("of opposite decisions at once one counts", async () => {
    const [one, two, three] = cluster.nodes;
    const before = count("write");
    const sessionId = await ask(one!, "Please [files_write]");
    const id = toolCallId(await waiting(one!, sessionId));
    const outcomes = await Promise.all([
      decide(two!, sessionId, { toolCallId: id, decision: "approve" }),
      decide(three!, sessionId, { toolCallId: id, decision: "deny" }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual([202, 409]);
    const { calls } = await settled(one!, sessionId);
    const isApproved = outcomes[0]!.status === 202;
    expect(calls[0]!.state).toBe(isApproved ? "output-available" : "output-denied");
    expect(count("write") - before).toBe(isApproved ? 1 : 0);
  });

  it("refuses what cannot be decided", async () => {
    const [one] = cluster.nodes;
    const sessionId = await ask(one!, "Please [files_write]");
    const id = toolCallId(await waiting(one!, sessionId));
    const refused = (body: object) => decide(one!, sessionId, body);
    expect(await refused({ toolCallId: "nothing", decision: "approve" })).toEqual({
      status: 404,
      code: "call_not_found",
    });
    expect(await refused({ toolCallId: id, decision: "retry" })).toEqual({
      status: 409,
      code: "invalid_decision",
    });
    expect(await refused({ toolCallId: id, decision: "maybe" })).toEqual({
      status: 400,
      code: "bad_request",
    });
    expect(await refused({ toolCallId: id, decision: "deny", input: {} })).toMatchObject({ status: 400 });
    expect(await refused({ toolCallId: id, decision: "deny" })).toMatchObject({ status: 202 });
    expect((await settled(one!, sessionId)).calls).toMatchObject([{ state: "output-denied" }]);
  });

  it("after its node was killed in mid-call the outcome is unknown, and only a person repeats it", async () => {
    const [one, two, three] = cluster.nodes;
    answersAtOnce = false;
    const before = count("log");
    const sessionId = await ask(one!, "Please [free_log]");
    await tools.call(tools.calls.length);
    await one!.kill();
    const calls = await waiting(two!, sessionId);
    expect(calls).toMatchObject([{ state: "outcome-unknown", attempt: 1 }]);
    expect(count("log")).toBe(before + 1);
    answersAtOnce = true;
    const retry = { toolCallId: toolCallId(calls), decision: "retry", attempt: 1 };
    expect(await decide(three!, sessionId, retry)).toMatchObject({ status: 202 });
    expect(await decide(two!, sessionId, retry)).toMatchObject({ status: 202 });
    const answer = await settled(two!, sessionId);
    expect(answer.calls).toMatchObject([{ state: "output-available", attempt: 2 }]);
    expect(count("log")).toBe(before + 2);
    await one!.start();
  });

  it("an approval that waits outlives all nodes", async () => {
    const [one, two] = cluster.nodes;
    const sessionId = await ask(one!, "Please [files_write]");
    const id = toolCallId(await waiting(one!, sessionId));
    await cluster.roll();
    expect(await decide(two!, sessionId, { toolCallId: id, decision: "approve" })).toMatchObject({
      status: 202,
    });
    expect((await settled(one!, sessionId)).calls).toMatchObject([{ state: "output-available" }]);
  });

  it("an unknown outcome of a stopped answer is decided later, when the conversation has gone on", async () => {
    const [one, two] = cluster.nodes;
    answersAtOnce = false;
    const sessionId = await ask(one!, "Please [free_log]");
    await tools.call(tools.calls.length);
    const { reply } = await read(two!, sessionId);
    const stop = await request(two!, sessionId, "/api/session/stop", { replyId: reply!.id });
    expect(stop.status).toBe(202);
    const stopped = await settled(one!, sessionId);
    expect(stopped).toMatchObject({ status: "stopped", calls: [{ state: "outcome-unknown" }] });
    const { head } = await read(one!, sessionId);
    const message = { id: newId(), parts: [{ type: "text", text: "And now?" }] };
    await request(two!, sessionId, "/api/session/messages", { message, parentId: head });
    await settled(two!, sessionId);
    const decision = { toolCallId: toolCallId(stopped.calls), decision: "happened", text: "It is there." };
    expect(await decide(one!, sessionId, decision)).toMatchObject({ status: 202 });
    const { messages } = await read(two!, sessionId);
    expect(partsOf(messages[1]!.parts)).toMatchObject([
      { state: "output-available", output: { content: [{ text: "It is there." }] } },
    ]);
  });
});
