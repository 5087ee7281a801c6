import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, test } from "../fixtures/browser/browser-test";
import { hasFocus, type ChatPage } from "../fixtures/browser/chat-page";
import { unreadableText } from "../fixtures/browser/readability";
import { isPhone, PHONE, screenOr } from "../fixtures/browser/screens";

const CODE = "correct-horse-battery";
let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { ACCESS_CODE: CODE, DEMO_TOKENS_PER_SECOND: "2000" } });
});
afterAll(() => server.stop());

const refused = [/status of 40[13]/];

longTest("a first visit is asked for the code, once for this browser", async ({ openChat }) => {
  const chat = await openChat(server, { context: screenOr(PHONE), expectErrors: refused });
  const other = await openChat(server, { beside: chat, expectErrors: refused });
  const dialog = chat.page.getByRole("dialog", { name: "Access code" });
  const field = dialog.getByLabel("Code");
  await expect.poll(() => hasFocus(field)).toBe(true);
  expect(await unreadableText(chat.page)).toEqual([]);
  await chat.page.keyboard.press("Escape");
  await chat.page.keyboard.press("Escape");
  await dialog.waitFor();

  await field.fill("something else");
  await field.press("Enter");
  await dialog.getByText("That access code is incorrect.").waitFor();
  await field.fill(CODE);
  await field.press("Enter");
  await dialog.waitFor({ state: "hidden" });
  // On a phone that would bring up the keyboard.
  await expect.poll(() => hasFocus(chat.composer)).toBe(!isPhone);
  // Not asked in the tab beside it either, nor after a refresh.
  await other.page.getByRole("dialog", { name: "Access code" }).waitFor({ state: "hidden" });
  await chat.ask("Hello");
  await chat.refresh();
  await chat.reply(0, "complete");
  expect(await dialog.count()).toBe(0);
});

longTest("the dialog comes with its texts, however late they are", async ({ openChat }) => {
  const { page, ...chat } = await openChat(server, { expectErrors: refused });
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/build/_shared/en-*.js", async (route) => {
    await released;
    await route.continue();
  });
  const code = page.waitForResponse(/access-dialog/);
  await chat.refresh();
  await (await code).finished();
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  expect(await page.getByRole("dialog").count()).toBe(0);
  release();
  await page.getByRole("dialog", { name: "Access code" }).waitFor();
});

test("a code that is asked for in mid-conversation costs no word", async ({ openChat }) => {
  const chat = await openChat(server, { expectErrors: refused });
  const dialog = chat.page.getByRole("dialog", { name: "Access code" });
  const say = async (code: string) => {
    await dialog.getByLabel("Code").fill(code);
    await dialog.getByLabel("Code").press("Enter");
    await dialog.waitFor({ state: "hidden" });
  };
  await say(CODE);
  await chat.ask("Hello");
  // As it would be after the cookie's last day.
  await chat.page.context().clearCookies();
  await chat.send("Are you still there?");
  await dialog.waitFor();
  const sent: string[] = [];
  chat.page.on("request", (request) => {
    if (request.url().endsWith("/api/session/messages")) sent.push(request.url());
  });
  await chat.page.reload();
  await dialog.waitFor();
  await say(CODE);
  await chat.reply(1, "complete");
  // Refused once is enough to know: it is not sent again until the code was said.
  expect(sent.length).toBeLessThan(4);
  expect(await chat.questions.allTextContents()).toEqual(["Hello", "Are you still there?"]);
});

longTest(
  "logging out takes what is shown from every tab, and a reload asks for the code",
  async ({ openChat }) => {
    const chat = await openChat(server, { expectErrors: refused });
    const dialogIn = ({ page }: ChatPage) => page.getByRole("dialog", { name: "Access code" });
    await dialogIn(chat).getByLabel("Code").fill(CODE);
    await dialogIn(chat).getByLabel("Code").press("Enter");
    await dialogIn(chat).waitFor({ state: "hidden" });
    await chat.ask("A private matter");
    const other = await openChat(server, { beside: chat, expectErrors: refused });
    await other.reply(0, "complete");

    await chat.openSettings();
    await chat.button("Sign out").click();
    for (const tab of [chat, other]) {
      await dialogIn(tab).waitFor();
      await expect.poll(() => tab.mine.count()).toBe(0);
    }
    expect((await chat.page.context().cookies()).map(({ name }) => name)).toEqual([]);
    await chat.refresh();
    await dialogIn(chat).waitFor();
    expect(await chat.mine.count()).toBe(0);
    expect(await chat.replies.count()).toBe(0);
  },
);
