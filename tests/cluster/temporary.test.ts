import { existsSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { startCluster, type Cluster } from "../fixtures/cluster";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ size: 2 });
});
afterAll(() => cluster.stop());

it("a temporary conversation is closed and opened at any node, deleted by any, and leaves nothing", async () => {
  const [one, two] = cluster.nodes;
  const id = newId();
  const key = hashSessionId(id);
  const call = (url: string, method: string, path: string, body?: object) =>
    fetch(`${url}${path}`, {
      method,
      headers: { "X-Session-Id": id, "Content-Type": "application/json", Accept: "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
  const message = { id: newId(), parts: [{ type: "text", text: "Hello" }] };
  const sent = { message, parentId: null, temporary: true };
  expect((await call(one!.url, "POST", "/api/session/messages", sent)).status).toBe(202);
  const marks = join(cluster.dataDir, "temporary");
  expect(readdirSync(marks)).toEqual([key]);
  expect(statSync(join(marks, key)).size).toBe(0);

  const note = (url: string, isClosed: unknown) => call(url, "POST", "/api/session/temporary", { isClosed });
  expect((await note(two!.url, true)).status).toBe(204);
  expect(readdirSync(marks).sort()).toEqual([key, `${key}.closed`]);
  expect((await note(one!.url, false)).status).toBe(204);
  expect(readdirSync(marks)).toEqual([key]);
  expect((await note(one!.url, "yes")).status).toBe(400);

  expect((await note(two!.url, true)).status).toBe(204);
  const then = Date.now() / 1000 - 120;
  utimesSync(join(marks, `${key}.closed`), then, then);
  // A node sweeps soon after its start.
  await two!.terminate();
  await two!.start();
  await expect.poll(() => readdirSync(marks), { timeout: 60_000 }).toEqual([]);
  for (const { url } of cluster.nodes) expect((await call(url, "GET", "/api/session")).status).toBe(404);
  expect(existsSync(join(cluster.dataDir, "attachments", key.slice(0, 2), key))).toBe(false);
});
