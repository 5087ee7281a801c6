import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SessionView } from "~/conversation/api";
import { newId } from "~/conversation/session/session-id";
import { delta, startChatEndpoint, streamWhole, type ChatEndpoint } from "../fixtures/models/chat-endpoint";
import { startCluster, type Cluster } from "../fixtures/cluster";

/** A node with a server of tools that is its child, and one that is away. */
let cluster: Cluster;
let model: ChatEndpoint;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-tools-"));
  model = await startChatEndpoint((response, { body }) => {
    const isDone = (body.messages as { role: string }[]).at(-1)?.role === "tool";
    const call = { index: 0, id: "c", function: { name: "child_pid", arguments: "{}" } };
    if (isDone) streamWhole(response, delta({ content: "Done." }, "stop"));
    else streamWhole(response, delta({ tool_calls: [call] }), delta({}, "tool_calls"));
  });
  const child = fileURLToPath(new URL("../fixtures/models/mcp-child.js", import.meta.url));
  cluster = await startCluster({
    size: 1,
    env: {
      ...model.env("caller"),
      MCP_CONFIG: JSON.stringify({
        mcpServers: {
          child: { command: process.execPath, args: [child, join(folder, "pid")], approval: "never" },
          gone: { url: "http://127.0.0.1:9/mcp" },
        },
      }),
    },
  });
});
afterAll(async () => {
  await (cluster as Cluster | undefined)?.stop();
  await model.close();
  await rm(folder, { recursive: true, force: true });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it("a child of a node answers calls and ends with the node; a server that is away is named under the answer", async () => {
  const [node] = cluster.nodes;
  const headers = { "X-Session-Id": newId(), "Content-Type": "application/json", Accept: "application/json" };
  const message = { id: newId(), parts: [{ type: "text", text: "Hi" }] };
  await fetch(`${node!.url}/api/session/messages`, {
    ...{ method: "POST", headers, body: JSON.stringify({ message, parentId: null }) },
  });
  const answer = await (async () => {
    for (;;) {
      const { reply, messages } = (await (
        await fetch(`${node!.url}/api/session`, { headers })
      ).json()) as SessionView;
      if (!reply && messages.length === 2) return messages[1]!;
      await delay(50);
    }
  })();
  const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
  expect(answer).toMatchObject({
    parts: [
      { type: "dynamic-tool", state: "output-available", output: { content: [{ text: String(pid) }] } },
      { type: "step-start" },
      { type: "text", text: "Done." },
    ],
    metadata: { status: "complete", omissions: [{ code: "tools_away", subject: "gone" }] },
  });
  expect(isRunning(pid)).toBe(true);
  expect(await node!.terminate()).toBe(0);
  await expect.poll(() => isRunning(pid)).toBe(false);
  // Neither the address nor the words of a server are in the log.
  expect(cluster.output()).toContain("a server of tools is away");
  expect(cluster.output()).not.toContain("127.0.0.1:9");
});
