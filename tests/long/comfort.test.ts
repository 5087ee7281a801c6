import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test, wideTest } from "../fixtures/browser/browser-test";
import { hasFocus } from "../fixtures/browser/chat-page";
import { shortConversation } from "../fixtures/short-conversation";
import { unreadableText } from "../fixtures/browser/readability";
import { textOf } from "../fixtures/session-api";
import { PHONE, WIDE } from "../fixtures/browser/screens";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({
    env: { DEMO_TOKENS_PER_SECOND: "150", MODELS: "demo/demo=First demo,demo/second=Second demo" },
  });
});
afterAll(() => server.stop());

const LONG = "Tell me a long story.";

test("the help sheet is readable on each screen, and has its keys to itself", async ({ openChat }) => {
  const { page, composer } = await openChat(server);
  const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  for (const { viewport } of [WIDE, PHONE]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await composer.fill("?");
      await page.keyboard.press("Control+/");
      await sheet.getByText("Edit last message").waitFor();
      expect(await unreadableText(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
      // Keys are the sheet's own while it is open.
      await page.keyboard.press("n");
      await page.keyboard.press("Escape");
      await sheet.waitFor({ state: "hidden" });
      expect(await composer.inputValue()).toBe("?");
    }
  }
});

test("single keys are typed until they are switched on in the help sheet, for good", async ({ openChat }) => {
  const { page, composer, ...chat } = await openChat(server);
  const place = page.getByRole("region", { name: "Conversation", exact: true });
  await place.press("?");
  expect(await composer.inputValue()).toBe("?");
  await page.keyboard.press("Control+/");
  await page.getByRole("checkbox", { name: "Single-key shortcuts" }).check();
  await page.keyboard.press("Escape");
  await chat.refresh();
  await place.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  expect(await composer.inputValue()).toBe("?");
});

wideTest(
  "a conversation is led by the keyboard: stop, copy, edit, begin another, go back",
  async ({ openChat }) => {
    const { page, composer, ...chat } = await openChat(server);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    // As earlier versions stored it once any preference was changed.
    await page.evaluate(() => localStorage.setItem("holdfast.preferences", '{"singleKeys":true}'));
    await chat.refresh();
    await chat.ask("Hello");
    await composer.press("ArrowUp");
    const editor = page.getByRole("textbox", { name: "Edit your message" });
    expect(await editor.inputValue()).toBe("Hello");
    expect(await hasFocus(editor)).toBe(true);
    await editor.fill("Hello there");
    await editor.press("Escape");
    await chat.refresh();
    await chat.button("Unsent edit").click();
    expect(await editor.inputValue()).toBe("Hello there");
    await chat.button("Cancel").click();
    expect(await chat.button("Unsent edit").count()).toBe(0);
    await composer.press("Escape");
    expect(await hasFocus(composer)).toBe(true);

    await chat.send(LONG);
    await chat.replyOfLength(1, 100);
    await page.keyboard.press("Control+.");
    await chat.reply(1, "stopped");

    const place = page.getByRole("region", { name: "Conversation", exact: true });
    await place.press("c");
    await page.getByRole("status").filter({ hasText: "Copied" }).waitFor();
    const answer = (await chat.stored()).messages.at(-1);
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(textOf(answer));

    const first = await chat.sessionId();
    await place.press("n");
    await chat.emptyState.waitFor();
    expect(await hasFocus(composer)).toBe(true);
    await composer.press("Alt+ArrowDown");
    await chat.reply(1, "stopped");
    expect(await chat.sessionId()).toBe(first);

    await place.press("l");
    expect(await hasFocus(chat.conversations.locator("[aria-current]"))).toBe(true);
    await page.keyboard.press("m");
    expect(await hasFocus(composer)).toBe(true);
    await place.press("b");
    await chat.conversations.waitFor({ state: "hidden" });
    await chat.refresh();
    await chat.button("Show conversations").click();
    await chat.conversations.waitFor();
  },
);

wideTest("the palette finds commands and conversations, by keyboard and on a phone", async ({ openChat }) => {
  const { page, ...chat } = await openChat(server);
  await chat.ask("Ein Café in Zürich");
  await chat.button("New conversation").click();
  await chat.ask("Show me a table");
  const palette = page.getByRole("dialog", { name: "Commands and conversations" });
  const field = palette.getByRole("combobox");

  // No key is lost while the palette is loaded.
  await page.keyboard.press("Control+k");
  await page.keyboard.type("table");
  await palette.getByRole("option", { name: "Show me a table", selected: true }).waitFor();
  expect(await field.inputValue()).toBe("table");
  await field.fill("");
  expect(await hasFocus(field)).toBe(true);
  expect(await unreadableText(page)).toEqual([]);
  expect(await palette.getByRole("option", { name: "Stop generating" }).count()).toBe(0);
  await page.keyboard.type("zurich cafe");
  await palette.getByRole("option", { name: "Ein Café in Zürich", selected: true }).waitFor();
  await page.keyboard.press("Enter");
  await palette.waitFor({ state: "hidden" });
  await chat.mine.filter({ hasText: "Café" }).waitFor();
  expect(await hasFocus(chat.composer)).toBe(true);

  await page.setViewportSize(PHONE.viewport);
  await page.keyboard.press("Control+k");
  await field.fill("shortcuts");
  expect(await overflow(page)).toBe(0);
  await palette.getByRole("option", { name: "Keyboard shortcuts" }).click();
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
});

test("the palette does everything: appearance, model, the menu of the conversation, texts", async ({
  openChat,
}) => {
  const { page, ...chat } = await openChat(server);
  await chat.importFile("a.json", JSON.stringify(shortConversation("Old times", "Hi", "A **rare** quince.")));
  // It opens when it has been read, and would take the place of a new one.
  await page.getByRole("heading", { name: "Old times", level: 1 }).waitFor();
  await chat.startNew();
  await chat.ask("Hello");
  const palette = page.getByRole("dialog", { name: "Commands and conversations" });
  const option = (name: string) => palette.getByRole("option", { name, exact: true, selected: true });
  async function find(query: string, name: string) {
    await page.keyboard.press("Control+k");
    await page.keyboard.type(query);
    await option(name).waitFor();
    await page.keyboard.press("Enter");
    await palette.waitFor({ state: "hidden" });
  }
  await find("dark mode", "Appearance: Dark");
  await page.locator("html[data-theme=dark]").waitFor();
  await find("second", "Model: Second demo");
  expect(await chat.chosenModel()).toBe("Second demo");
  await find("rename", "Rename");
  await page.keyboard.type("New times");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "New times", level: 1 }).waitFor();
  await find("share", "Share…");
  await page.getByRole("dialog", { name: "Share conversation" }).waitFor();
  await page.keyboard.press("Escape");
  await find("quince", "Old times A rare quince.");
  await chat.replies.filter({ hasText: "quince" }).waitFor();
  await find("delete", "Delete");
  await chat.undo.waitFor();
});

test("the palette draws only what is in view of thousands of conversations", async ({ openChat }) => {
  const { page, ...chat } = await openChat(server);
  await page.evaluate(() => {
    const updatedAt = new Date().toISOString();
    const list = Array.from({ length: 2_000 }, (_, index) => ({
      id: `${index}`.padEnd(22, "-"),
      title: `Walk ${index}`,
      updatedAt,
      saved: false,
    }));
    localStorage.setItem("holdfast.conversations", JSON.stringify(list));
  });
  await chat.refresh();
  // A space goes on with the word while the palette is loaded, and presses no button.
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog", { name: "Commands and conversations" });
  const options = palette.getByRole("option");
  await page.keyboard.type("walk 9");
  await palette.getByRole("option", { name: "Walk 9", exact: true, selected: true }).waitFor();
  expect(await options.first().getAttribute("aria-setsize")).toBe("542");
  expect(await options.count()).toBeLessThan(40);
  await page.keyboard.press("ArrowUp");
  await palette.getByRole("option", { selected: true }).and(page.locator("[aria-posinset='542']")).waitFor();
});

test("code in a question is code, a long question is folded, and paper gets all of it", async ({
  openChat,
}) => {
  const { page, ...chat } = await openChat(server);
  const lines = Array.from({ length: 60 }, (_, index) => `line ${index}`).join("\n");
  await chat.composer.fill(`Why?\n\`\`\`js\nlet a = 1;\n\`\`\`\n${lines}`);
  await chat.button("Send").click();
  const question = chat.mine.first();
  await question
    .locator("figure pre")
    .filter({ hasText: /^let a = 1;$/ })
    .waitFor();
  const height = () => question.evaluate((element) => element.clientHeight);
  const folded = await height();
  await question.getByRole("button", { name: "Show all" }).click();
  await expect.poll(height).toBeGreaterThan(2 * folded);
  expect(await overflow(page)).toBe(0);
  expect(await unreadableText(page)).toEqual([]);

  await page.emulateMedia({ media: "print" });
  expect(await chat.composer.isVisible()).toBe(false);
  const scroller = page.locator(".conversation__scroller");
  expect(await scroller.evaluate((element) => element.clientHeight)).toBeGreaterThan(1_500);
});

test("who reads further up is told of new text below, and of none where there is none", async ({
  openChat,
}) => {
  const { page, ...chat } = await openChat(server);
  await chat.ask(LONG);
  const scroller = page.getByRole("region", { name: "Conversation", exact: true });
  await scroller.press("Home");
  await chat.button("Jump to latest").waitFor();
  await chat.send("Tell me another long story.");
  await chat.replyOfLength(1, 600);
  await scroller.press("Home");
  await chat.button("New text below").click();
  await chat.button("New text below").waitFor({ state: "hidden" });
  await chat.reply(1, "complete");
});

function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
