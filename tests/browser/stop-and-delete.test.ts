import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, test } from "../fixtures/browser/browser-test";
import { readSession, textOf } from "../fixtures/session-api";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "40" } });
});
afterAll(() => server.stop());

test("Stop ends the reply and keeps its text, also after a refresh", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.send("Tell me a long story.");
  await chat.replyOfLength(0, 150);
  await chat.button("Stop").click();
  await chat.reply(0, "stopped");
  await chat.button("Send").waitFor();
  const shown = await chat.replies.allInnerTexts();
  expect(shown[0]!.length).toBeGreaterThan(150);

  const { reply, messages } = await chat.stored();
  expect(reply).toBeNull();
  expect(messages[1]?.metadata).toMatchObject({ status: "stopped" });
  await chat.refresh();
  await chat.reply(0, "stopped");
  expect(await chat.replies.allInnerTexts()).toEqual(shown);
  expect(textOf((await chat.stored()).messages[1])).toBe(textOf(messages[1]));

  // And the conversation goes on.
  await chat.ask("Hello");
  expect(await chat.replies.count()).toBe(2);
});

longTest("Stop works after a refresh, too", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.send("Tell me a long story.");
  await chat.replyOfLength(0, 100);
  await chat.refresh();
  await chat.reply(0, "streaming");
  await chat.button("Stop").click();
  await chat.reply(0, "stopped");
});

test("Delete can be undone; then the conversation is gone from the page and from the disk", async ({
  openChat,
}) => {
  const chat = await openChat(server, { clockAhead: 0 });
  await chat.ask("Something to forget");
  const sessionId = await chat.sessionId();
  // The newest revision, the spare and the log of replies hold it.
  expect((await filesWith("Something to forget")).length).toBeGreaterThan(0);

  await chat.deleteConversation();
  await chat.emptyState.waitFor();
  await chat.undo.click();
  await chat.reply(0, "complete");
  expect(await chat.mine.count()).toBe(1);
  await chat.page.clock.fastForward(60_000);
  expect(await readSession(server.url, sessionId)).not.toBeNull();

  await chat.deleteConversation();
  await chat.emptyState.waitFor();
  expect(await chat.mine.count()).toBe(0);
  await chat.page.clock.fastForward(9_000);
  expect(await readSession(server.url, sessionId)).not.toBeNull();
  const deleted = chat.page.waitForResponse((response) => response.request().method() === "DELETE");
  await chat.page.clock.fastForward(2_500);
  await deleted;
  expect(await readSession(server.url, sessionId)).toBeNull();
  await chat.undo.waitFor({ state: "hidden" });
  await chat.refresh();
  await chat.emptyState.waitFor();
  expect(await chat.mine.count()).toBe(0);
  // The log of replies forgets within a minute what has ended.
  await expect.poll(() => filesWith("Something to forget"), { timeout: 60_000 }).toEqual([]);
});

longTest("a deleted conversation leaves nothing of itself in the browser", async ({ openChat }) => {
  const chat = await openChat(server, { clockAhead: 0 });
  const sessionId = await chat.sessionId();
  await chat.ask("Something to forget here");
  await chat.composer.fill("A draft to forget");
  await expect.poll(() => keptIn(chat.page)).toContain("A draft to forget");
  expect(await keptIn(chat.page)).toContain(sessionId);
  await chat.deleteConversation();
  const deleted = chat.page.waitForResponse((response) => response.request().method() === "DELETE");
  await chat.page.clock.fastForward(12_500);
  await deleted;
  await chat.undo.waitFor({ state: "hidden" });
  await expect.poll(() => keptIn(chat.page)).not.toContain("forget");
  await chat.refresh();
  await chat.emptyState.waitFor();
  const kept = await keptIn(chat.page);
  expect(kept).toContain("holdfast.current");
  expect(kept).not.toContain(sessionId);
  expect(kept).not.toContain("forget");
});

/** All that the page has put anywhere in the browser. */
async function keptIn(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const addresses: string[] = [];
    for (const name of await caches.keys()) {
      addresses.push(name, ...(await (await caches.open(name)).keys()).map(({ url }) => url));
    }
    const { cookie } = document;
    return JSON.stringify([
      { ...localStorage },
      { ...sessionStorage },
      databases,
      addresses,
      cookie,
      history.state,
    ]);
  });
}

async function filesWith(text: string): Promise<string[]> {
  const entries = await readdir(server.dataDir, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const contents = await Promise.all(paths.map((path) => readFile(path, "utf8")));
  return paths.filter((_, index) => contents[index]!.includes(text));
}
