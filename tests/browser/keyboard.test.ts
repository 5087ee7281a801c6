import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser-test";
import { hasFocus } from "../fixtures/chat-page";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({
    env: { DEMO_TOKENS_PER_SECOND: "80", MODELS: "demo/demo=First demo,demo/second=Second demo" },
  });
});
afterAll(() => server.stop());

test("Shift+Enter breaks the line, Enter sends", async ({ openChat }) => {
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

test("Enter that ends the composition of a word (as in Japanese) does not send", async ({ openChat }) => {
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

test("everything can be done by keyboard alone", async ({ openChat }) => {
  const { page, ...chat } = await openChat(server);
  async function deleteByKeyboard() {
    await tabTo(page, chat.menuButton);
    await page.keyboard.press("Enter");
    const item = (name: string) => page.getByRole("menuitem", { name });
    await expect.poll(() => hasFocus(item("Settings of this conversation"))).toBe(true);
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
  expect(await chat.chosenModel()).toBe("Second demo");

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
