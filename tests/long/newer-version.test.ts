import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer();
});
afterAll(() => server.stop());

const expectErrors = [/status of 503/];

/** As a newer version would have it, until what is returned is called. */
function makeNewer(key: string): () => void {
  const folder = join(server.dataDir, "sessions", key.slice(0, 2), key);
  const newest = join(
    folder,
    readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .at(-1)!,
  );
  const bytes = readFileSync(newest, "utf8");
  writeFileSync(newest, JSON.stringify({ ...(JSON.parse(bytes) as object), mood: "good" }));
  return () => writeFileSync(newest, bytes);
}

test("a conversation of a newer version says so, and opens by itself when a node knows it", async ({
  openChat,
}) => {
  const chat = await openChat(server, { expectErrors });
  await chat.ask("Hello");
  const restore = makeNewer(await chat.sessionHash());
  await chat.composer.fill("Half a thought");
  await chat.refresh();
  const notice = chat.page.getByRole("alert").filter({ hasText: "newer version" });
  await notice.waitFor();
  expect(await chat.composer.inputValue()).toBe("Half a thought");
  restore();
  await notice.waitFor({ state: "hidden" });
  await chat.reply(0, "complete");
  expect(await chat.composer.inputValue()).toBe("Half a thought");
});

test("a message to a conversation of a newer version is kept, and goes out when a node knows it", async ({
  openChat,
}) => {
  const chat = await openChat(server, { expectErrors });
  await chat.ask("Hello");
  const restore = makeNewer(await chat.sessionHash());
  await chat.send("How are you?");
  await chat.page.getByText("newer version").first().waitFor();
  expect(await chat.mine.last().innerText()).toContain("How are you?");
  restore();
  await chat.reply(1, "complete");
  expect((await chat.stored()).messages).toHaveLength(4);
});
