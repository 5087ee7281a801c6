import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "25", LOG_LEVEL: "debug" } });
});
afterAll(() => server.stop());

test("a session id is in no URL, no log line, no file name and no file", async ({ openChat }) => {
  const chat = await openChat(server, { expectErrors: [/Failed to load resource/] });
  const urls: string[] = [];
  chat.page.on("request", (request) => urls.push(request.url()));
  const first = await chat.sessionId();
  await chat.ask("A first word for the file");
  await chat.send("Tell me a long story.");
  await chat.replyOfLength(1, 100);
  await chat.refresh();
  await chat.button("Stop").click();
  await chat.reply(1, "stopped");
  await chat.button("Continue").click();
  await chat.reply(1, "streaming");
  await chat.replyOfLength(1, 100);
  await server.kill9();
  await server.restart({ DEMO_TOKENS_PER_SECOND: "2000" });
  await chat.refresh();
  await chat.reply(1, "complete");
  await chat.button("New conversation").click();
  await chat.ask("A second conversation");
  const second = await chat.sessionId();
  expect(second).not.toBe(first);
  // Bad requests are logged in more detail, so they must not tell more.
  await fetch(`${server.url}/api/session`, { headers: { "X-Session-Id": `${first}!` } });
  await fetch(`${server.url}/api/session/messages`, {
    method: "POST",
    headers: { "X-Session-Id": first, "Content-Type": "application/json" },
    body: "{",
  });
  await fetch(`${server.url}/api/session`, { method: "PUT", headers: { "X-Session-Id": first } });

  const files = await filesUnder(server.dataDir);
  const written = Object.values(files).join("\n");
  const places = {
    urls: urls.join("\n"),
    log: server.output(),
    names: Object.keys(files).join("\n"),
    written,
  };
  // Seen not to be empty, or to find nothing in them would mean nothing.
  expect(places.urls).toContain("/api/session");
  expect(places.log).toContain("/api/session");
  expect(places.names).toContain(await chat.sessionHash());
  expect(places.written).toContain("A first word for the file");
  for (const [place, text] of Object.entries(places)) {
    for (const id of [first, second]) {
      expect(text.includes(id), `the ${place} contain a session id`).toBe(false);
    }
  }
});

async function filesUnder(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.map(async (path) => [path, await readFile(path, "utf8")] as const)),
  );
}
