import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, test, type OpenChat } from "../fixtures/browser/browser-test";
import type { ChatPage } from "../fixtures/browser/chat-page";
import { unreadableText } from "../fixtures/browser/readability";
import { PHONE, screenOr } from "../fixtures/browser/screens";

const context = screenOr(PHONE);

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000", LOG_LEVEL: "debug" } });
});
afterAll(() => server.stop());

longTest("a conversation is exported, and imported by another browser", async ({ openChat }) => {
  const chat = await openChat(server, { context });
  await chat.ask("About tea");
  const said = await chat.replies.allInnerTexts();
  const markdown = await download(chat, "Export as Markdown");
  expect(markdown.name).toBe("About tea.md");
  expect(markdown.text).toMatch(/^# About tea\n\n## You\n\nAbout tea\n\n## Assistant\n\n\*\*Hello!/);
  const json = await download(chat, "Export as JSON");
  expect(json.name).toBe("About tea.json");

  const other = await openChat(server, { context });
  await other.importFile("tea.json", json.text);
  await other.reply(0, "complete");
  expect(await other.replies.allInnerTexts()).toEqual(said);
  await other.ask("And coffee?");
  // A copy: what is said there is not said here.
  expect((await chat.stored()).messages).toHaveLength(2);
});

longTest("a link for another device is for what was chosen when it was asked for", async ({ openChat }) => {
  const chat = await openChat(server);
  for (const title of ["About tea", "About coffee"]) {
    await chat.startNew();
    await chat.ask(title);
  }
  await chat.chooseInList("About tea", "Continue on another device…");
  const dialog = chat.page.getByRole("dialog", { name: "Continue on another device" });
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await chat.page.route("**/api/handoffs", async (route) => {
    await released;
    await route.continue();
  });
  await dialog.getByRole("button", { name: "Create link" }).click();
  expect(await dialog.getByRole("radio").last().isDisabled()).toBe(true);
  release();
  await dialog.getByRole("timer").waitFor();
});

test("a snapshot is shared by a link, read, continued in a copy, and withdrawn", async ({ openChat }) => {
  const chat = await openChat(server, { context });
  await chat.ask("About tea");
  const said = await chat.replies.locator(".prose").allInnerTexts();
  await chat.chooseInList("About tea", "Share…");
  const dialog = chat.page.getByRole("dialog", { name: "Share conversation" });
  await dialog.getByRole("button", { name: "Create link", exact: true }).click();
  const url = await dialog.getByRole("textbox", { name: "Link" }).inputValue();
  expect(url).toMatch(new RegExp(`^${server.url}/share#[A-Za-z0-9_-]{22}$`));
  await dialog.getByText("Link copied.").waitFor();
  expect(await unreadableText(chat.page)).toEqual([]);
  await chat.page.keyboard.press("Escape");
  await chat.chooseInList("About tea", "Share…");
  await dialog.getByRole("button", { name: "Copy link" }).first().click();
  await dialog.getByText("Link copied.").waitFor();
  expect(await dialog.getByRole("textbox", { name: "Link" }).count()).toBe(1);

  const reader = await openLink(openChat, url);
  await reader.page.getByRole("heading", { name: "About tea" }).waitFor();
  // As it was written, until the renderer is there.
  await expect.poll(() => reader.replies.locator(".prose").allInnerTexts()).toEqual(said);
  expect(await unreadableText(reader.page)).toEqual([]);
  expect(await reader.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
    context.viewport.width,
  );
  expect(await reader.composer.count()).toBe(0);
  await reader.button("Continue in my own copy").click();
  await reader.composer.waitFor();
  await reader.ask("And coffee?");
  expect(await reader.mine.count()).toBe(2);
  expect((await chat.stored()).messages).toHaveLength(2);

  await dialog.getByRole("button", { name: /^Revoke the link/ }).click();
  await dialog.getByRole("textbox", { name: "Link" }).waitFor({ state: "hidden" });
  const late = await openLink(openChat, url, [/404/]);
  await late.page.getByText("Nothing to read here").waitFor();
  expect(server.output()).toContain("/api/share");
  expect(server.output()).not.toContain(url.split("#")[1]);
});

longTest("conversations go to another device by a link that works once", async ({ openChat }) => {
  const chat = await openChat(server, { context });
  await chat.ask("About tea");
  await chat.startNew();
  await chat.ask("About coffee");
  const ids = [await chat.sessionId()];
  await chat.chooseInList("About coffee", "Pin");
  await chat.chooseInList("About tea", "Continue on another device…");
  const dialog = chat.page.getByRole("dialog", { name: "Continue on another device" });
  await dialog.getByText("All 2 conversations").click();
  await dialog.getByRole("button", { name: "Create link", exact: true }).click();
  await dialog.getByRole("img", { name: "QR code of the link" }).waitFor();
  await dialog.getByText(/Contains 2 conversations. Expires in (10:00|9:5\d)/).waitFor();
  const url = await dialog.getByRole("textbox", { name: "Link for the other device" }).inputValue();
  expect(url).toMatch(new RegExp(`^${server.url}/move#[A-Za-z0-9_-]{22}$`));
  expect(await unreadableText(chat.page)).toEqual([]);

  const other = await openLink(openChat, url);
  expect(await unreadableText(other.page)).toEqual([]);
  await other.page.getByRole("checkbox", { name: "I created this link myself" }).check();
  await other.button("Add conversations").click();
  await other.reply(0, "complete");
  expect(ids).toContain(await other.sessionId());
  await other.showList();
  expect(await other.listed()).toEqual({ Pinned: ["About coffee"], Today: ["About tea"] });

  const late = await openLink(openChat, url, [/410|404/]);
  await late.page.getByRole("checkbox", { name: "I created this link myself" }).check();
  await late.button("Add conversations").click();
  await late.page.getByRole("alert").waitFor();
  await late.page.getByRole("link", { name: "Open Holdfast" }).waitFor();
  expect(server.output()).not.toContain(url.split("#")[1]);
});

longTest(
  "a link made in another browser can be withdrawn here, and a link that is not whole says so",
  async ({ openChat }) => {
    const chat = await openChat(server);
    await chat.ask("About tea");
    await chat.chooseInList("About tea", "Share…");
    const dialog = chat.page.getByRole("dialog", { name: "Share conversation" });
    await dialog.getByRole("button", { name: "Create link", exact: true }).click();
    await dialog.getByRole("textbox", { name: "Link" }).waitFor();
    await chat.page.keyboard.press("Escape");
    await chat.page.evaluate(() => localStorage.removeItem("holdfast.shares"));
    await chat.chooseInList("About tea", "Share…");
    await dialog.getByText("Created in another browser").waitFor();
    await dialog.getByRole("button", { name: /^Revoke the link/ }).click();
    await dialog.getByText("Created in another browser").waitFor({ state: "hidden" });
    await expect.poll(async () => (await chat.stored()).shares).toBeUndefined();

    for (const [path, words] of [
      ["/share#short", "The link is incomplete."],
      ["/move", "The link is incomplete"],
    ] as const) {
      const lost = await openLink(openChat, server.url + path);
      await lost.page.getByRole("alert").filter({ hasText: words }).waitFor();
    }
  },
);

longTest("a file that is no conversation is refused with the reason", async ({ openChat }) => {
  const chat = await openChat(server, { expectErrors: [/400/] });
  const files: [string, RegExp][] = [
    ["{", /is not a conversation exported from Holdfast/],
    ['{"format":"holdfast-conversation","version":2}', /newer version/],
    ['{"format":"holdfast-conversation","version":1,"title":"Tea"}', /is damaged/],
  ];
  for (const [text, words] of files) {
    await chat.importFile("tea.json", text);
    const toast = chat.page.getByRole("status").filter({ hasText: "“tea.json” was not imported." });
    await toast.filter({ hasText: words }).waitFor();
    await toast.getByRole("button", { name: "Dismiss" }).click();
  }
  expect(await chat.listed()).toEqual({});
});

longTest("a link to move expires where it is shown", async ({ openChat }) => {
  const chat = await openChat(server, { clockAhead: 0 });
  await chat.ask("About tea");
  await chat.openSettings();
  await chat.button("Continue on another device…").click();
  const dialog = chat.page.getByRole("dialog", { name: "Continue on another device" });
  await dialog.getByRole("button", { name: "Create link", exact: true }).click();
  await dialog.getByRole("timer").waitFor();
  await chat.page.clock.fastForward(10 * 60_000);
  await dialog.getByText("The link has expired.").waitFor();
  expect(await dialog.getByRole("img").count()).toBe(0);
});

async function openLink(openChat: OpenChat, url: string, expectErrors: RegExp[] = []): Promise<ChatPage> {
  return openChat(server, { context, path: url, expectErrors });
}

async function download(chat: ChatPage, command: string): Promise<{ name: string; text: string }> {
  const { page }: { page: Page } = chat;
  const [file] = await Promise.all([page.waitForEvent("download"), chat.chooseInList("About tea", command)]);
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
}
