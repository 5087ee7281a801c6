import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";
import type { ChatPage } from "../fixtures/browser/chat-page";
import { setVisible } from "../fixtures/browser/tab-visibility";

const LONG = "Tell me a long story.";
let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "150" } });
});
afterAll(() => server.stop());

test("an answer that ended in a hidden tab is marked in the list and the title, in all tabs, until it is seen", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  const other = await openChat(server, { beside: chat });
  await other.startNew();
  await chat.send(LONG);
  await chat.replyOfLength(0, 100);
  const streams: string[] = [];
  await setVisible(chat.page, false);
  chat.page.on("request", (request) => streams.push(new URL(request.url()).pathname));

  const mark = other.conversations.getByRole("img", { name: "New answer" });
  await other.showList();
  await mark.waitFor();
  await other.page.waitForFunction(() => document.title.startsWith("(1) "));
  await chat.page.waitForFunction(() => document.title.startsWith("(1) "));
  expect(streams.filter((path) => path.endsWith("/stream"))).toEqual([]);

  await setVisible(chat.page, true);
  await mark.waitFor({ state: "hidden" });
  await other.page.waitForFunction(() => !document.title.startsWith("("));
});

test("an answer that another tab shows is not marked, nor one that ended before one's eyes", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  await chat.send(LONG);
  await chat.replyOfLength(0, 100);
  // Hidden before the other tab opens, which on a busy machine may be after the answer has ended.
  await setVisible(chat.page, false);
  const noticed = chat.page.waitForFunction(() => document.querySelector('[data-status="complete"]'));
  const other = await openChat(server, { beside: chat });
  await other.reply(0, "complete");
  await noticed;
  // The hidden tab has marked it by now, and the other one has seen it.
  await chat.page.waitForFunction(() =>
    Object.entries(localStorage).some(
      ([key, entry]) => key.startsWith("holdfast.entry.") && /"unread"/.test(entry as string),
    ),
  );
  for (const { page } of [chat, other]) await page.waitForFunction(() => !document.title.startsWith("("));
});

test("a notification tells who has asked for it that an answer is there, and not a word of it", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  await askForNotifications(chat);
  await chat.send(LONG);
  await chat.replyOfLength(0, 100);
  await setVisible(chat.page, false);
  expect(await shownNotification(chat.page)).toMatchObject([
    "An answer is ready",
    { body: "Open Holdfast to read it." },
  ]);
});

test("a notification tells that an answer waits for one's decision, and neither the tool nor its arguments", async ({
  openChat,
}) => {
  // Slow, so that the tab is hidden before the answer comes to its tool.
  const slow = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "8" } });
  onTestFinished(() => slow.stop());
  const chat = await openChat(slow);
  const other = await openChat(slow, { beside: chat });
  await other.startNew();
  await askForNotifications(chat);
  await chat.send("Add a note: buy milk");
  await chat.replyOfLength(0, 1);
  await setVisible(chat.page, false);
  expect(await shownNotification(chat.page)).toMatchObject([
    "An answer needs your approval",
    { body: "Open Holdfast to decide." },
  ]);
  await other.showList();
  await other.conversations.getByRole("img", { name: "New answer" }).waitFor();
});

test("where notifications are denied, the settings say so and stay as they were", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.page.evaluate(() => {
    Notification.requestPermission = () => Promise.resolve("denied");
  });
  await chat.openSettings();
  await chat.page.getByText("Also notify me").click();
  await chat.page.getByText("Notifications are blocked for this site.").waitFor();
  expect(await chat.page.getByRole("radio", { name: "Mark as unread" }).isChecked()).toBe(true);
});

async function askForNotifications({ page, openSettings }: ChatPage) {
  await page.context().grantPermissions(["notifications"]);
  await recordNotifications(page);
  await openSettings();
  await page.getByText("Also notify me").click();
  await page.waitForFunction(() => localStorage.getItem("holdfast.preferences")?.includes('"notifies":true'));
  await page.keyboard.press("Escape");
}

/** The arguments of the first notification. */
async function shownNotification(page: Page): Promise<unknown> {
  const shown = await page.waitForFunction(() => (window as unknown as { shown: string[] }).shown[0]);
  return JSON.parse((await shown.jsonValue())!);
}

async function recordNotifications(page: Page): Promise<void> {
  await page.evaluate(() => {
    const shown: string[] = [];
    function Recorded(...said: unknown[]) {
      shown.push(JSON.stringify(said));
    }
    Recorded.permission = "granted";
    Recorded.requestPermission = () => Promise.resolve("granted");
    Object.assign(window, { shown, Notification: Recorded });
  });
}
