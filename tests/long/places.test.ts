import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test, wideTest } from "../fixtures/browser/browser-test";
import { hasFocus, type ChatPage } from "../fixtures/browser/chat-page";
import { fillList } from "../fixtures/browser/fill-list";
import { readSession } from "../fixtures/session-api";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
});
afterAll(() => server.stop());

/** Conversations about these subjects; the last one is open. */
async function holdMany(chat: ChatPage, ...subjects: string[]): Promise<void> {
  for (const subject of subjects) {
    if (subject !== subjects[0]) await chat.startNew();
    await chat.ask(subject);
  }
}

wideTest(
  "a row is a link to a conversation in another tab, a new tab leads back to it, and an unknown address says so",
  async ({ openChat }) => {
    const chat = await openChat(server);
    await holdMany(chat, "About tea", "About coffee");
    const row = chat.conversations.getByRole("link", { name: "About tea", exact: true });
    const opened = chat.page.context().waitForEvent("page");
    await row.click({ modifiers: ["Control"] });
    const page = await opened;
    await page.getByRole("article", { name: "You", exact: true }).filter({ hasText: "About tea" }).waitFor();
    expect(page.url()).toBe(await row.evaluate((link: HTMLAnchorElement) => link.href));
    await page.close();

    const next = await openChat(server, { beside: chat, path: "/" });
    await next.emptyState.waitFor();
    await next.button("Continue “About tea”").click();
    await next.mine.filter({ hasText: "About tea" }).waitFor();
    const lost = await openChat(server, { beside: chat, path: "/#c=nowhere" });
    await lost.page.getByText("This browser has no conversation at this address.").waitFor();
  },
);

test("conversations are moved to folders, archived and found again, and several are deleted at once", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  const { page } = chat;
  await holdMany(chat, "About tea", "About coffee", "About cocoa");
  await chat.chooseInList("About tea", "Move to folder…");
  await page.getByRole("textbox", { name: "New folder" }).fill("Drinks");
  await page.keyboard.press("Enter");
  await expect.poll(chat.listed).toEqual({ Drinks: ["About tea"], Today: ["About cocoa", "About coffee"] });

  await chat.chooseInList("About coffee", "Archive");
  await expect.poll(chat.listed).toEqual({ Drinks: ["About tea"], Today: ["About cocoa"] });
  await chat.button("Dismiss").click();
  await page.getByRole("searchbox").fill("coffee");
  await expect.poll(chat.listed).toEqual({ Archived: ["About coffee"] });
  await page.getByRole("searchbox").fill("");

  await chat.chooseInList("About tea", "Select…");
  await chat.conversations.getByRole("checkbox", { name: "About cocoa" }).check();
  await page.getByText("2 selected").waitFor();
  await page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
  await page.getByText("2 conversations deleted.").waitFor();
  await chat.undo.click();
  await expect.poll(chat.listed).toEqual({ Drinks: ["About tea"], Today: ["About cocoa"] });
  await page.getByRole("button", { name: "Delete folder “Drinks”" }).click({ force: true });
  await expect.poll(chat.listed).toEqual({ Today: ["About cocoa", "About tea"] });
  await chat.undo.click();
  await expect.poll(chat.listed).toEqual({ Drinks: ["About tea"], Today: ["About cocoa"] });
});

test("everything is exported in one file, deleted, and imported again, once", async ({ openChat }) => {
  const chat = await openChat(server, { clockAhead: 0 });
  const { page } = chat;
  await holdMany(chat, "About tea", "About coffee");
  await chat.chooseInList("About tea", "Pin");
  const id = await chat.sessionId();
  await chat.openSettings();
  const [file] = await Promise.all([page.waitForEvent("download"), chat.button("Export all…").click()]);
  const archive = await readFile(await file.path());
  await page.getByText("Exported: 2").waitFor();
  await page.keyboard.press("Escape");

  await chat.openSettings();
  await chat.button("Delete all…").click();
  await page.getByRole("dialog", { name: "Delete all 2 conversations?" }).waitFor();
  await chat.button("Delete all").click();
  await page.getByText("2 conversations deleted.").waitFor();
  await chat.showList();
  expect(await chat.listed()).toEqual({});
  await page.clock.fastForward(20_000);
  await expect.poll(() => readSession(server.url, id)).toBeNull();

  for (const words of ["Imported: 2", "Already here: 2"]) {
    await chat.openSettings();
    await page
      .getByLabel("Import…", { exact: true })
      .and(page.locator("input"))
      .setInputFiles({ name: "all.zip", mimeType: "application/zip", buffer: archive });
    await page.getByText(words).waitFor();
    await page.keyboard.press("Escape");
  }
  await chat.showList();
  expect(await chat.listed()).toEqual({ Pinned: ["About tea"], Today: ["About coffee"] });
});

wideTest(
  "of 10,000 conversations only those near the view are drawn, and keys and screen readers reach all",
  async ({ openChat }) => {
    const chat = await openChat(server, { expectErrors: [/404/] });
    await fillList(chat, 10_000);
    const { page } = chat;
    expect(await chat.conversations.locator(".row").count()).toBeLessThan(80);
    const row = (title: string) => chat.conversations.getByRole("link", { name: title, exact: true });
    await row("Number 0").focus();
    for (let step = 0; step < 60; step++) await page.keyboard.press("ArrowDown");
    await expect.poll(() => chat.conversations.locator("a:focus").innerText()).toMatch(/^Number \d\d$/);
    const focused = chat.conversations.locator("li:has(a:focus)");
    expect(Number(await focused.getAttribute("aria-setsize"))).toBeGreaterThan(0);

    await chat.conversations.evaluate((nav) => (nav.scrollTop = nav.scrollHeight));
    await row("Number 9999").waitFor();
    expect(await chat.conversations.locator(".row").count()).toBeLessThan(80);
    await row("Number 9999").click();
    await chat.conversations.evaluate((nav) => (nav.scrollTop = 0));
    await row("Number 0").waitFor();
    expect(await hasFocus(chat.composer)).toBe(true);
  },
);
