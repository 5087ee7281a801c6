import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";
import type { ChatPage } from "../fixtures/browser/chat-page";
import { writeChatGptExport } from "../fixtures/foreign-archive";
import { NO_LIMITS } from "../fixtures/no-limits";
import { temporaryFolder } from "../fixtures/store/temporary-folder";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: NO_LIMITS });
});
afterAll(() => server.stop());

async function choose(chat: ChatPage, path: string): Promise<void> {
  const settings = await chat.openSettings();
  const input = settings.getByLabel("Import…", { exact: true }).and(chat.page.locator("input"));
  await input.setInputFiles(path);
}

test("a damaged conversation of an archive is named, the others are imported, and only once", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  const { page } = chat;
  const path = join(temporaryFolder(), "conversations.json");
  await writeChatGptExport(path, 21, 20_000);
  // The file is read in a worker: the page itself would stand still meanwhile.
  await page.evaluate(() => {
    for (const read of ["text", "arrayBuffer", "stream"] as const) {
      Blob.prototype[read] = () => Promise.reject(new Error("read in the page")) as never;
    }
  });
  const dialog = page.getByRole("dialog", { name: "Import conversations" });
  await choose(chat, path);
  await dialog.getByText("Imported: 20").waitFor();
  await dialog.getByText("Not imported: 1").waitFor();
  expect(await dialog.getByRole("listitem").innerText()).toMatch(/^The damaged one\s+The file is damaged/);
  await page.keyboard.press("Escape");
  await choose(chat, path);
  await dialog.getByText("Already here: 20").waitFor();
  await page.keyboard.press("Escape");
  await chat.showList();
  const titles = Object.values(await chat.listed()).flat();
  expect(titles).toHaveLength(20);
  await chat.openListed("Import 7");
  await chat.mine.filter({ hasText: "Question 7" }).waitFor();
});

test("an import is cancelled, says what it has done, and goes on from there", async ({ openChat }) => {
  const chat = await openChat(server);
  const { page } = chat;
  const path = join(temporaryFolder(), "conversations.json");
  await writeChatGptExport(path, 9, 100);
  let requests = 0;
  await page.route("**/api/session/import", async (route) => {
    // The fourth is never answered.
    if (++requests !== 4) await route.continue();
  });
  const dialog = page.getByRole("dialog", { name: "Import conversations" });
  await choose(chat, path);
  await dialog.getByText("3 of 9").waitFor();
  await expect.poll(() => requests).toBe(4);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.getByText("Imported: 3").waitFor();
  await page.keyboard.press("Escape");
  await choose(chat, path);
  await dialog.getByText("Already here: 3").waitFor();
  await dialog.getByText("Imported: 5").waitFor();
});
