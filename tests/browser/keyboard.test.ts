import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longWideTest, wideTest } from "../fixtures/browser/browser-test";
import { hasFocus } from "../fixtures/browser/chat-page";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({
    env: { DEMO_TOKENS_PER_SECOND: "80", MODELS: "demo/demo=First demo,demo/second=Second demo" },
  });
});
afterAll(() => server.stop());

wideTest("Shift+Enter breaks the line, Enter sends", async ({ openChat }) => {
  const chat = await openChat(server);
  const height = async () => (await chat.composer.boundingBox())!.height;
  const before = await height();
  await chat.composer.pressSequentially("first line");
  for (const line of ["second line", "third line", "fourth line"]) {
    await chat.composer.press("Shift+Enter");
    await chat.composer.pressSequentially(line);
  }
  expect(await chat.composer.inputValue()).toBe("first line\nsecond line\nthird line\nfourth line");
  expect(await chat.mine.count()).toBe(0);
  expect(await height()).toBeGreaterThan(before);

  await chat.composer.press("Enter");
  await chat.reply(0, "complete");
  expect(await chat.composer.inputValue()).toBe("");
  expect(await chat.mine.first().innerText()).toContain("first line\nsecond line");
  expect(await height()).toBe(before);
});

wideTest("Enter that ends the composition of a word (as in Japanese) does not send", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.composer.fill("にほん");
  await chat.composer.dispatchEvent("keydown", {
    key: "Enter",
    isComposing: true,
    keyCode: 229,
    bubbles: true,
  });
  expect(await chat.composer.inputValue()).toBe("にほん");
  expect(await chat.mine.count()).toBe(0);
});

wideTest(
  "what is typed or pasted anywhere goes into the message box, but for fields, dialogs and space",
  async ({ openChat }) => {
    const { page, composer, ...chat } = await openChat(server);
    const { keyboard } = page;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await chat.ask("Tell me a long story.");
    await composer.fill("So: ");
    await chat.replies.first().click();
    await keyboard.type("can you shorten it");
    expect(await composer.inputValue()).toBe("So: can you shorten it");

    await chat.button("Copy message").last().focus();
    await keyboard.press("?");
    await page.evaluate(() => navigator.clipboard.writeText(" And paste"));
    await chat.replies.first().click();
    await keyboard.press("Control+v");
    expect(await composer.inputValue()).toBe("So: can you shorten it? And paste");

    // An input method reports its first key, and then composes in the field that has the focus.
    await chat.replies.first().click();
    await page.locator("body").dispatchEvent("keydown", { key: "Process", keyCode: 229, bubbles: true });
    expect(await hasFocus(composer)).toBe(true);

    await chat.replies.first().click();
    for (const key of ["Control+x", "Control+c", "Shift+Tab", "ArrowUp", "Space"]) await keyboard.press(key);
    expect(await hasFocus(composer)).toBe(false);
    await keyboard.press("Control+k");
    // Its code may still be loading.
    await page.getByRole("dialog").waitFor();
    await keyboard.type("x");
    await keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("searchbox").focus();
    await keyboard.type("x");
    expect(await composer.inputValue()).toBe("So: can you shorten it? And paste");
    await composer.press("Escape");
    await keyboard.type("!");
    expect(await composer.inputValue()).toBe("So: can you shorten it? And paste!");
  },
);

longWideTest("the message box has the focus after whatever is done with the mouse", async ({ openChat }) => {
  const { page, composer, ...chat } = await openChat(server);
  const isReady = () => expect.poll(() => hasFocus(composer)).toBe(true);
  await chat.send("Tell me a long story.");
  await chat.replyOfLength(0, 50);
  await chat.button("Stop").click();
  await chat.reply(0, "stopped");
  await isReady();
  await chat.choose("Rename");
  await page.getByRole("textbox", { name: "Title of the conversation" }).fill("A story");
  await page.keyboard.press("Enter");
  await isReady();
  await chat.openSettings();
  await chat.button("Close").click();
  await isReady();
  // The button of the menu keeps the focus after Escape, and shows it.
  await chat.menuButton.click();
  await page.getByRole("menu").waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => hasFocus(chat.menuButton)).toBe(true);
  for (const name of ["Conversation settings", "Share…", "Continue on another device…"]) {
    await chat.choose(name);
    await page.getByRole("dialog").getByRole("heading").waitFor();
    await page.keyboard.press("Escape");
    await isReady();
  }
  await chat.deleteConversation();
  await isReady();
  await chat.undo.click();
  await chat.reply(0, "stopped");
  await isReady();
  await chat.button("New conversation").click();
  await chat.button("New conversation").click();
  await isReady();
  await chat.chooseInList("A story", "Delete");
  await chat.undo.waitFor();
  await isReady();
});

longWideTest(
  "Enter in the editor of a question does what the setting says, and a hint tells",
  async ({ openChat }) => {
    const { page, composer, ...chat } = await openChat(server);
    const editor = page.getByRole("textbox", { name: "Edit your message" });
    await chat.ask("Hello");
    await composer.press("ArrowUp");
    await page.getByText(/^Enter\s*to send\s*Shift Enter\s*for a new line$/).waitFor();
    await editor.press("Shift+Enter");
    await editor.pressSequentially("there");
    await editor.dispatchEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true });
    await editor.press("Enter");
    await chat.mine.filter({ hasText: "Hello there" }).waitFor();
    await chat.reply(0, "complete");

    await page.evaluate(() => localStorage.setItem("holdfast.preferences", '{"enterSends":false}'));
    await chat.refresh();
    await chat.mine.filter({ hasText: "Hello there" }).waitFor();
    await composer.press("ArrowUp");
    await page.getByText(/^Ctrl Enter\s*to send\s*Enter\s*for a new line$/).waitFor();
    await editor.press("Enter");
    expect(await editor.inputValue()).toBe("Hello\nthere\n");
  },
);

longWideTest("everything can be done by keyboard alone", async ({ openChat }) => {
  const { page, ...chat } = await openChat(server);
  async function deleteByKeyboard() {
    await tabTo(page, chat.menuButton);
    await page.keyboard.press("Enter");
    const item = (name: string) => page.getByRole("menuitem", { name });
    await expect.poll(() => hasFocus(item("Conversation settings"))).toBe(true);
    await page.keyboard.press("End");
    // The menu moves the focus in a turn of its own, which no person is too fast for.
    await expect.poll(() => hasFocus(item("Delete"))).toBe(true);
    await page.keyboard.press("Enter");
    await chat.emptyState.waitFor();
  }

  await tabTo(page, chat.composer);
  await page.keyboard.type("Tell me a long story.");
  await page.keyboard.press("Enter");
  await chat.replyOfLength(0, 100);
  await tabTo(page, chat.button("Stop"));
  await page.keyboard.press("Enter");
  await chat.reply(0, "stopped");

  await tabTo(page, chat.model);
  await page.keyboard.press("ArrowDown");
  await expect.poll(() => hasFocus(page.getByRole("listbox", { name: "Model" }))).toBe(true);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  expect(await chat.chosenModel()).toBe("Second demo");
  await expect.poll(() => hasFocus(chat.model)).toBe(true);

  await deleteByKeyboard();
  // Ten seconds are short: the focus is there already.
  await expect.poll(() => hasFocus(chat.undo)).toBe(true);
  await page.keyboard.press("Enter");
  await chat.reply(0, "stopped");

  await deleteByKeyboard();

  await tabTo(page, chat.emptyState.getByRole("button").first());
  await page.keyboard.press("Enter");
  await chat.reply(0, "streaming", "complete");
  await tabTo(page, chat.button("New conversation"));
  await page.keyboard.press("Enter");
  await chat.emptyState.waitFor();
});

async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let press = 0; press < 60; press += 1) {
    if (await hasFocus(target)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`The Tab key does not reach ${String(target)}.`);
}
