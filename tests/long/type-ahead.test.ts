import type { Page, Route } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { wideTest } from "../fixtures/browser/browser-test";
import { hasFocus, type ChatPage } from "../fixtures/browser/chat-page";

const others = ["One", "Two", "Three", "Four", "Five", "Six", "Seven"];
const models = ["demo/demo=Demo", ...others.map((name) => `demo/${name}=${name}`)].join();
let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000", MODELS: models } });
});
afterAll(() => server.stop());

/** Holds back all code that the page asks for from now on. @returns releases it */
async function holdCode({ page, ...chat }: ChatPage): Promise<() => void> {
  // The sidebar is loaded after the page was drawn.
  await chat.button("Settings").waitFor();
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/build/**/*.js", async (route: Route) => {
    await released;
    await route.continue();
  });
  return release;
}

/** What is shown while code is held back. */
function waiting(page: Page) {
  return page.getByRole("dialog", { name: "Loading…" });
}

wideTest("what is typed while the palette is loaded is typed into it, in order", async ({ openChat }) => {
  const chat = await openChat(server);
  const { page, composer } = chat;
  await composer.fill("Kept. ");
  const release = await holdCode(chat);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("no such thx");
  await page.keyboard.press("Backspace");
  await page.keyboard.type("ing in");
  expect(await waiting(page).count()).toBe(1);
  release();
  await page.keyboard.type(" this palette at all");
  const field = page.getByRole("combobox", { name: "Search commands" });
  await expect.poll(() => field.inputValue()).toBe("no such thing in this palette at all");
  expect(await hasFocus(field)).toBe(true);
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "detached" });
  await page.keyboard.type("And more.");
  expect(await composer.inputValue()).toBe("Kept. And more.");
});

wideTest(
  "Escape cancels what is being loaded, and what follows goes into the message box",
  async ({ openChat }) => {
    const chat = await openChat(server);
    const { page, composer } = chat;
    const release = await holdCode(chat);
    for (const open of [() => page.keyboard.press("Control+k"), chat.openSettings]) {
      await composer.fill("");
      await open();
      await page.keyboard.type("Unwanted");
      await page.keyboard.press("Escape");
      await page.keyboard.type("Wanted");
      expect(await composer.inputValue()).toBe("Wanted");
      expect(await waiting(page).count()).toBe(0);
    }
    release();
    await page.keyboard.press("Control+k");
    const field = page.getByRole("combobox", { name: "Search commands" });
    await field.waitFor();
    expect(await field.inputValue()).toBe("");
  },
);

wideTest("a menu that is loaded after a dialog was opened does not open below it", async ({ openChat }) => {
  const chat = await openChat(server);
  const { page } = chat;
  await chat.ask("About tea");
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "Search commands" });
  await field.waitFor();
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "detached" });
  const release = await holdCode(chat);
  await chat.menuButton.focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+k");
  await field.waitFor();
  release();
  await page.locator(".header button[data-state]").waitFor();
  expect(await page.locator("[role=menu]").count()).toBe(0);
  expect(await hasFocus(field)).toBe(true);
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "detached" });
  await chat.menuButton.click();
  await page.getByRole("menuitem", { name: "Rename" }).waitFor();
});

wideTest("Enter is taken, too, and the text after it goes where the focus is then", async ({ openChat }) => {
  const chat = await openChat(server);
  const { page, composer } = chat;
  await chat.ask("About tea");
  const release = await holdCode(chat);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("new conversation");
  await page.keyboard.press("Enter");
  await page.keyboard.type("Hello");
  release();
  await chat.emptyState.waitFor();
  await expect.poll(() => composer.inputValue()).toBe("Hello");
});

wideTest(
  "a folder is named, words are found and a model is chosen by what is typed meanwhile",
  async ({ openChat }) => {
    const chat = await openChat(server);
    const { page, composer } = chat;
    await chat.ask("About tea");
    // Its menu is loaded before.
    await chat.menuButton.click();
    const item = page.getByRole("menuitem", { name: "Move to folder…" });
    await item.waitFor();
    await page.keyboard.press("Escape");
    await item.waitFor({ state: "hidden" });
    const release = await holdCode(chat);
    await chat.menuButton.click();
    await item.click();
    await page.keyboard.type("Drinks");
    await page.keyboard.press("Enter");
    release();
    await chat.conversations.getByRole("button", { name: "Drinks" }).first().waitFor();

    await page.keyboard.press("Control+k");
    await page.getByRole("option", { name: "Find in conversation" }).waitFor();
    const releaseFind = await holdCode(chat);
    await page.keyboard.type("find in");
    await page.keyboard.press("Enter");
    await waiting(page).waitFor();
    await page.keyboard.type("tea");
    releaseFind();
    const find = page.getByRole("textbox", { name: "Find in conversation" });
    await expect.poll(() => find.inputValue()).toBe("tea");
    await page.getByText("1 of ").waitFor();
    await page.keyboard.press("Escape");

    await chat.refresh();
    const releaseModels = await holdCode(chat);
    await chat.model.focus();
    await page.keyboard.press("Enter");
    await page.keyboard.type("thr");
    releaseModels();
    const field = page.getByRole("combobox", { name: "Model" }).last();
    await expect.poll(() => field.inputValue()).toBe("thr");
    await page.keyboard.press("Enter");
    expect(await chat.chosenModel()).toBe("Three");
    await expect.poll(() => hasFocus(chat.model)).toBe(true);
    expect(await composer.inputValue()).toBe("");
  },
);
