import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";
import type { ChatPage } from "../fixtures/browser/chat-page";
import { chatGptConversation, DAMAGED_CONVERSATION } from "../fixtures/foreign-archive";
import { fillList } from "../fixtures/browser/fill-list";
import { PHONE, screenOr } from "../fixtures/browser/screens";
import { viewChecker, type FoundProblems } from "../fixtures/browser/view-problems";

/** The views that tests/browser/accessibility.test.ts does not come to. */
const context = { ...screenOr(PHONE), reducedMotion: "reduce", colorScheme: "light" } as const;
const IMPORTED = `[${chatGptConversation(1, 100)}, ${DAMAGED_CONVERSATION}]`;
let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
});
afterAll(() => server.stop());

/** Closes the open dialogs, the last one first. */
async function closeAll({ page }: ChatPage): Promise<void> {
  const dialogs = page.getByRole("dialog");
  for (let open = await dialogs.count(); open > 0; open--) {
    await page.keyboard.press("Escape");
    await expect.poll(() => dialogs.count()).toBe(open - 1);
  }
}

test("axe finds nothing on folders, selecting, and the dialogs of all conversations", async ({
  openChat,
}) => {
  const chat = await openChat(server, { context, expectErrors: [/404/] });
  const { page } = chat;
  const found: FoundProblems = {};
  const check = viewChecker(found);
  await fillList(chat, 6);
  await chat.chooseInList("Number 2", "Move to folder…");
  await page.getByRole("textbox", { name: "New folder" }).fill("Drinks");
  await check("a new folder", chat);
  await page.keyboard.press("Enter");
  await expect.poll(chat.listed).toMatchObject({ Drinks: ["Number 2"] });
  await check("a list with folders", chat);
  await chat.chooseInList("Number 3", "Select…");
  await page.getByText("1 selected").waitFor();
  await check("selecting", chat);
  await page.getByRole("toolbar").getByRole("button", { name: "Cancel selection" }).click();

  await chat.openSettings();
  const input = page.getByLabel("Import…", { exact: true }).and(page.locator("input"));
  await input.setInputFiles({
    name: "all.json",
    mimeType: "application/json",
    buffer: Buffer.from(IMPORTED),
  });
  await page.getByText("Imported: 1", { exact: true }).waitFor();
  await check("an import", chat);
  await closeAll(chat);
  await chat.openSettings();
  await chat.button("Delete all…").click();
  await page.getByRole("dialog", { name: /Delete all/ }).waitFor();
  await check("deleting all", chat);
  expect(found).toEqual({});
});

test("axe finds nothing on instructions and presets", async ({ openChat }) => {
  const chat = await openChat(server, { context });
  const { page } = chat;
  const found: FoundProblems = {};
  const check = viewChecker(found);
  await chat.openSettings();
  await chat.button("Instructions and presets").click();
  const dialog = page.getByRole("dialog", { name: "Instructions and presets" });
  await dialog.getByRole("button", { name: "New preset" }).click();
  const editor = page.getByRole("dialog", { name: "New preset" });
  await editor.getByLabel("Name").fill("Translator");
  await check("a new preset", chat);
  await editor.getByRole("button", { name: "Save" }).click();
  await editor.waitFor({ state: "hidden" });
  await check("presets", chat);
  await closeAll(chat);
  await chat.startNew();
  await page.getByRole("button", { name: "Translator" }).click();
  await check("a conversation with a preset", chat);
  expect(found).toEqual({});
});

test("axe finds nothing on the dialogs of the keyring", async ({ openChat }) => {
  const chat = await openChat(server, { context, expectErrors: [/404/] });
  const { page } = chat;
  const found: FoundProblems = {};
  const check = viewChecker(found);
  await chat.ask("About tea");
  const settings = await chat.openSettings();
  await settings.getByRole("button", { name: "Open my list here" }).click();
  await check("opening a list", chat);
  await closeAll(chat);
  await chat.openSettings();
  await settings.getByRole("button", { name: "Turn on with a recovery code" }).click();
  const dialog = page.getByRole("dialog", { name: "Recovery code" });
  const code = await dialog.getByLabel("Recovery code").innerText();
  await check("a recovery code", chat);
  await dialog.getByRole("button", { name: "I’ve saved it" }).click();
  await dialog.getByRole("textbox", { name: "Recovery code" }).fill(code);
  await check("the check of a recovery code", chat);
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Done" }).click();
  await settings.getByText("On. This browser is up to date.").waitFor();
  await check("settings with a keyring", chat);
  expect(found).toEqual({});
});
