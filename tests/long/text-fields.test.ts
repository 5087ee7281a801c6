import type { Locator } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";
import { hasFocus, type ChatPage } from "../fixtures/browser/chat-page";
import { fillList } from "../fixtures/browser/fill-list";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
});
afterAll(() => server.stop());

/** Enter that ends the composition of a word: as Chromium and Firefox say so, as Safari does, and in a real composition. */
async function composeIn(field: Locator): Promise<void> {
  const page = field.page();
  await field.fill("日本");
  for (const ending of [{ isComposing: true }, { keyCode: 229 }])
    await field.dispatchEvent("keydown", { key: "Enter", ...ending });
  const cdp = await page.context().newCDPSession(page);
  await field.focus();
  await field.press("End");
  await cdp.send("Input.imeSetComposition", { text: "ご", selectionStart: 1, selectionEnd: 1 });
  await page.keyboard.press("Enter");
  await cdp.send("Input.insertText", { text: "ご" });
  await cdp.detach();
  // A real browser gives the key to the input method, this one also to the field.
  expect((await field.inputValue()).trim()).toBe("日本ご");
}

/** The text fields of the page, each after the one before was left. */
async function* textFields(chat: ChatPage): AsyncGenerator<[name: string, field: Locator]> {
  const { page } = chat;
  const title = page.getByRole("textbox", { name: "Title of the conversation" });
  const dialog = (name: string) => page.getByRole("dialog", { name, exact: true });
  const close = (name: string) => dialog(name).getByRole("button", { name: "Close" }).last().click();

  yield ["message box", chat.composer];
  await chat.composer.fill("");
  await chat.button("Edit").last().click({ force: true });
  yield ["question", page.getByRole("textbox", { name: "Edit your message" })];
  await chat.button("Cancel").click();
  await chat.choose("Rename");
  yield ["title in the header", title];
  await title.press("Escape");
  await chat.choose("Conversation settings");
  yield ["instructions", dialog("Conversation settings").getByLabel("Instructions")];
  await close("Conversation settings");

  const palette = page.getByRole("combobox", { name: "Search commands" });
  await page.keyboard.press("Control+k");
  yield ["palette", palette];
  await palette.fill("Find in conv");
  await page.getByRole("option", { name: "Find in conversation" }).click();
  yield ["find bar", page.getByRole("textbox", { name: "Find in conversation" })];
  await chat.button("Close find bar").click();

  await chat.showList();
  yield ["search", page.getByRole("searchbox", { name: "Search conversations" })];
  await page.getByRole("searchbox", { name: "Search conversations" }).fill("");
  await chat.chooseInList("About tea", "Rename");
  yield ["title in the list", title];
  await title.press("Escape");
  await chat.chooseInList("About tea", "Move to folder…");
  yield ["new folder", page.getByRole("textbox", { name: "New folder" })];
  await page.getByRole("textbox", { name: "New folder" }).fill("Drinks");
  await dialog("Move to folder").getByRole("button", { name: "Create" }).click();
  await page.getByRole("button", { name: "Rename folder “Drinks”" }).click({ force: true });
  yield ["title of a folder", title];
  await title.press("Escape");

  const presets = dialog("Instructions and presets");
  const settings = await chat.openSettings();
  await settings.getByRole("button", { name: "Instructions and presets" }).click();
  yield ["default instructions", presets.getByLabel("Instructions for all new conversations")];
  await presets.getByRole("button", { name: "New preset" }).click();
  for (const label of ["Name", "Instructions", "Starter prompts"])
    yield [`preset: ${label}`, dialog("New preset").getByLabel(label)];
  await close("New preset");
  await close("Instructions and presets");
  await settings.getByRole("button", { name: "Open my list here" }).click();
  yield ["recovery code", page.getByRole("textbox", { name: "Recovery code" })];
}

test("Enter that ends the composition of a word sends and closes nothing, in any text field", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  await chat.ask("About tea");
  const ended: string[] = [];
  for await (const [name, field] of textFields(chat)) {
    await field.waitFor();
    await composeIn(field).catch((error: unknown) => ended.push(`${name}: ${String(error)}`));
  }
  expect(ended).toEqual([]);
  expect(await chat.mine.count()).toBe(1);
});

test("a title that is being edited keeps its words where its row goes", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.ask("About tea");
  const other = await openChat(server, { beside: chat });
  const { page } = chat;
  const title = page.getByRole("textbox", { name: "Title of the conversation" });
  await chat.chooseInList("About tea", "Rename");
  await title.fill("Green");
  await title.press("Home");

  await other.choose("Pin");
  await page.getByRole("heading", { name: "Pinned" }).waitFor();
  expect(await hasFocus(title)).toBe(true);
  await page.keyboard.type("Ever");
  expect(await title.inputValue()).toBe("EverGreen");
  await title.press("Enter");
  await expect.poll(chat.listed).toEqual({ Pinned: ["EverGreen"] });

  // The archive is folded: nothing is drawn of the row.
  await chat.chooseInList("EverGreen", "Rename");
  await title.fill("Black");
  await other.choose("Archive");
  await title.waitFor({ state: "detached" });
  await other.showList();
  await other.page.getByRole("searchbox").fill("Black");
  await expect.poll(other.listed).toEqual({ Archived: ["Black"] });
});

test("the title of a folder that is being edited stays, however far one scrolls", async ({ openChat }) => {
  const chat = await openChat(server);
  const { page } = chat;
  await fillList(chat, 1_000);
  await chat.chooseInList("Number 0", "Move to folder…");
  await page.getByRole("textbox", { name: "New folder" }).fill("Drinks");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Rename folder “Drinks”" }).click({ force: true });
  const title = page.getByRole("textbox", { name: "Title of the conversation" });
  await title.fill("Teas");
  const row = (name: string) => chat.conversations.getByRole("link", { name, exact: true });
  await row("Number 1").waitFor();
  await chat.conversations.evaluate((list) => list.scrollTo(0, 20_000));
  await row("Number 1").waitFor({ state: "detached" });
  expect(await hasFocus(title)).toBe(true);
  await title.press("Enter");
  await chat.conversations.evaluate((list) => list.scrollTo(0, 0));
  await page.getByRole("button", { name: "Rename folder “Teas”" }).waitFor({ state: "attached" });
});
