import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test, wideTest } from "../fixtures/browser/browser-test";
import { pick } from "../fixtures/browser/chat-page";
import { backgroundLuminance, unreadableText } from "../fixtures/browser/readability";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
});
afterAll(() => server.stop());

wideTest(
  "the page speaks the browser's language, from right to left where that is how it is read",
  async ({ openChat }) => {
    const chat = await openChat(server, { context: { locale: "ar-EG" } });
    const root = chat.page.locator("html");
    expect(await root.getAttribute("lang")).toBe("ar");
    expect(await root.getAttribute("dir")).toBe("rtl");
    const list = await chat.page.getByRole("navigation", { name: "المحادثات" }).boundingBox();
    expect(list!.x).toBeGreaterThan(720);
    expect(await unreadableText(chat.page)).toEqual([]);
  },
);

test("language, theme and text size are chosen in the settings, at once, in every tab, and for good", async ({
  openChat,
}) => {
  const chat = await openChat(server, { context: { colorScheme: "light" } });
  const other = await openChat(server, { beside: chat });
  const dialog = await chat.openSettings();
  await dialog.getByRole("radio", { name: "Dark" }).check({ force: true });
  await dialog.getByRole("radio", { name: "Extra large" }).check({ force: true });
  await pick(dialog.getByRole("combobox", { name: "Language" }), "Deutsch");

  const german = chat.page.getByRole("dialog", { name: "Einstellungen" });
  await german.waitFor();
  expect(await unreadableText(chat.page)).toEqual([]);
  await chat.page.keyboard.press("Escape");
  await german.waitFor({ state: "hidden" });
  await other.page.getByRole("button", { name: "Neue Unterhaltung", exact: true }).waitFor();
  for (const { page } of [chat, other]) {
    expect(await backgroundLuminance(page)).toBeLessThan(0.1);
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe("21px");
    expect(await page.locator("html").getAttribute("lang")).toBe("de");
  }

  await chat.refresh();
  await chat.page.getByRole("button", { name: "Neue Unterhaltung", exact: true }).waitFor();
});

test("the chosen theme is there before the page's own script is", async ({ openChat }) => {
  const chat = await openChat(server, {
    context: { colorScheme: "light" },
    expectErrors: [/ERR_FAILED/],
  });
  const barColours = () =>
    chat.page
      .locator("meta[name=theme-color]")
      .evaluateAll((metas) => metas.map((meta) => (meta as HTMLMetaElement).content));
  const ofSystem = await barColours();
  await chat.openSettings();
  const choose = (name: string) => chat.page.getByRole("radio", { name }).check({ force: true });
  await choose("Dark");
  // As the page, on a system of either kind.
  await expect.poll(barColours).toEqual(["rgb(21, 24, 26)", "rgb(21, 24, 26)"]);
  await choose("System");
  await expect.poll(barColours).toEqual(ofSystem);
  await choose("Dark");
  await chat.page.route("**/build/**/*.js", (route) => route.abort());
  await chat.page.reload();
  expect(await backgroundLuminance(chat.page)).toBeLessThan(0.1);
});

test("Enter breaks the line where the person wants that, and Ctrl with Enter sends", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.openSettings();
  await chat.page.getByRole("radio", { name: "Inserts a new line" }).check({ force: true });
  await chat.page.keyboard.press("Escape");
  await chat.composer.fill("One");
  await chat.composer.press("Enter");
  await chat.page.keyboard.type("two");
  expect(await chat.composer.inputValue()).toBe("One\ntwo");
  await chat.composer.press("Control+Enter");
  await chat.reply(0, "complete");
  expect(await chat.mine.first().textContent()).toContain("One\ntwo");
});

test("nothing in the settings moves once they are open: whether passkeys can be used is found before", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  await chat.page.evaluate(() => {
    PublicKeyCredential.getClientCapabilities = () => {
      document.documentElement.dataset.askedWithin = String(document.querySelector(".settings") !== null);
      return Promise.resolve({});
    };
  });
  await chat.openSettings();
  await chat.page.getByRole("button", { name: "Turn on with a passkey" }).waitFor();
  expect(await chat.page.locator("html").getAttribute("data-asked-within")).toBe("false");
});
