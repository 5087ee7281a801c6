import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";
import { chatPage, type ChatPage } from "../fixtures/browser/chat-page";
import { readSession } from "../fixtures/session-api";

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
});
afterAll(() => server.stop());

const marksOf = (id: string) =>
  readdirSync(join(server.dataDir, "temporary")).filter((name) => name.startsWith(hashSessionId(id)));
const toggle = (chat: ChatPage) => chat.button("Temporary conversation");
/** What the browser keeps for all tabs. */
const kept = (chat: ChatPage) => chat.page.evaluate(() => JSON.stringify({ ...localStorage }));

test("a temporary conversation survives a reload, is known to its tab alone, and is deleted when it is left", async ({
  openChat,
}) => {
  const chat = await openChat(server, { clockAhead: 0 });
  await chat.composer.fill("Between us");
  await toggle(chat).click();
  await chat.page.getByRole("heading", { name: "Temporary conversation" }).first().waitFor();
  await chat.page.getByText("at the latest 24 hours after its last message").waitFor();
  expect(await chat.composer.inputValue()).toBe("Between us");
  expect(await toggle(chat).getAttribute("aria-pressed")).toBe("true");
  await chat.button("Send").click();
  await chat.reply(0, "complete");
  await chat.composer.fill("More");
  const id = await chat.sessionId();
  expect(marksOf(id)).toHaveLength(1);

  await chat.refresh();
  await chat.reply(0, "complete");
  await expect.poll(() => chat.composer.inputValue()).toBe("More");
  await chat.page.getByText("Deleted when you leave it").waitFor();
  // The page before may have told the server later that it was closed than this page that it is open.
  await chat.page.clock.fastForward(21_000);
  await expect.poll(() => marksOf(id)).toEqual([hashSessionId(id)]);
  expect(await chat.listed()).toEqual({});
  for (const secret of [id, "Between us", "More"]) expect(await kept(chat)).not.toContain(secret);

  await chat.startNew();
  await chat.emptyState.waitFor();
  await chat.undo.click();
  await chat.reply(0, "complete");
  await chat.startNew();
  await chat.page.clock.fastForward(11_000);
  await expect.poll(() => readSession(server.url, id)).toBeNull();
  const stored = () => chat.page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  await expect.poll(stored).not.toContain(id);
  for (const words of ["Between us", "More"]) expect(await stored()).not.toContain(words);
});

test("a duplicated tab has it, too, and it is deleted when both have left it", async ({ openChat }) => {
  const chat = await openChat(server, { clockAhead: 0 });
  await toggle(chat).click();
  await chat.ask("Between us");
  const id = await chat.sessionId();
  // A window that a page opens gets a copy of its session storage, as a duplicated tab does.
  const opened = chat.page.context().waitForEvent("page");
  await chat.page.evaluate(() => window.open(location.href));
  const page = await opened;
  const copy = chatPage(page, server.url);
  await copy.reply(0, "complete");
  const deleted = "Temporary conversation deleted.";
  await chat.startNew();
  await chat.page.getByText(deleted).waitFor();
  await chat.page.clock.fastForward(11_000);
  await expect.poll(() => chat.page.evaluate(() => sessionStorage.getItem("holdfast.temporary"))).toBeNull();
  await copy.ask("Still between us");
  await copy.startNew();
  await page.getByText(deleted).waitFor();
  await expect.poll(() => readSession(server.url, id), { timeout: 30_000 }).toBeNull();
});

test("a tab that is closed tells the server, and one without a message leaves nothing", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  await chat.page.keyboard.press("Control+k");
  await chat.page.getByRole("combobox", { name: "Search commands" }).fill("temporary");
  await chat.page.keyboard.press("Enter");
  await chat.page.getByText("at the latest 24 hours after its last message").waitFor();
  const unused = await chat.sessionId();
  await toggle(chat).click();
  await toggle(chat).click();
  expect(await chat.sessionId()).not.toBe(unused);
  await chat.ask("Hello");
  const id = await chat.sessionId();
  await chat.page.close({ runBeforeUnload: true });
  await expect.poll(() => marksOf(id)).toContain(`${hashSessionId(id)}.closed`);
});
