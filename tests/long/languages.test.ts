import { afterAll, beforeAll, expect } from "vitest";
import { LANGUAGE_CODES, LANGUAGES, languageTag } from "~/i18n/languages";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";
import { pick } from "../fixtures/browser/chat-page";
import { overflowing } from "../fixtures/browser/overflow";
import { PHONE } from "../fixtures/browser/screens";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer();
});
afterAll(() => server.stop());

test("each language is chosen by its own name, named in the page's lang, and fits a phone", async ({
  openChat,
}) => {
  const chat = await openChat(server, { context: PHONE });
  await chat.openSettings();
  const language = chat.page.getByRole("dialog").getByRole("combobox").first();
  for (const code of LANGUAGE_CODES) {
    await pick(language, LANGUAGES[code].name);
    const root = chat.page.locator("html");
    await expect.poll(() => root.getAttribute("lang"), { message: code }).toBe(languageTag(code));
    expect(await overflowing(chat.page), code).toEqual([]);
  }
});

test("a language is found by its name in the page's language, and by its own without accents", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  await chat.openSettings();
  const language = chat.page.getByRole("combobox", { name: "Language" });
  await language.click();
  const options = chat.page.getByRole("option");
  await options.first().waitFor();
  for (const [typed, found] of [
    ["japan", "日本語"],
    ["espan", "Español"],
    ["rus", "Русский"],
  ] as const) {
    await language.last().fill(typed);
    await expect.poll(() => options.allInnerTexts()).toEqual([found]);
  }
});
