import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, test } from "../fixtures/browser/browser-test";
import { hasFocus, type ChatPage } from "../fixtures/browser/chat-page";
import { followToEnd, textOf, undisturbedAnswer } from "../fixtures/session-api";
import { shrinkages, watchReply } from "../fixtures/replies/watch-reply";
import { isPhone } from "../fixtures/browser/screens";

const LONG = "Tell me a long story.";
let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "50" } });
});
afterAll(() => server.stop());

test("two tabs see the same conversation live, whichever of them speaks", async ({ openChat }) => {
  const first = await openChat(server);
  await first.ask("Hello");
  const second = await openChat(server, { beside: first });
  await second.reply(0, "complete");
  const sights = await watchReply(second);
  await second.composer.fill(LONG);
  await expect.poll(() => first.composer.inputValue()).toBe(LONG);

  await first.send(LONG);
  await second.mine.filter({ hasText: LONG }).waitFor();
  await expect.poll(() => second.composer.inputValue()).toBe("");
  await second.reply(1, "streaming");
  await second.replyOfLength(1, 200);
  await Promise.all([first.reply(1, "complete"), second.reply(1, "complete")]);
  expect(await second.replies.allInnerTexts()).toEqual(await first.replies.allInnerTexts());
  expect(shrinkages(sights.slice(1))).toEqual([]);

  await second.ask("And from the other side?");
  await first.reply(2, "complete");
  expect(await first.mine.allInnerTexts()).toEqual(await second.mine.allInnerTexts());
});

test("different drafts of two tabs are both kept, through a reload of both", async ({ openChat }) => {
  const first = await openChat(server);
  await first.ask("Hello");
  const second = await openChat(server, { beside: first });
  await second.reply(0, "complete");
  await first.composer.fill("A draft");
  await expect.poll(() => second.composer.inputValue()).toBe("A draft");
  await second.composer.fill("Another draft");
  await Promise.all([first.refresh(), second.refresh()]);
  const notice = (chat: ChatPage) => chat.page.getByText("You have a different draft in another tab.");
  for (const chat of [first, second]) {
    await expect.poll(() => chat.composer.inputValue()).toBe("Another draft");
    await notice(chat).waitFor();
  }
  await first.button("Show draft").click();
  expect(await first.composer.inputValue()).toBe("A draft");
  // A keyboard that comes up would hide the draft.
  expect(await hasFocus(first.composer)).toBe(!isPhone);
  await first.send("A draft");
  await second.button("Show draft").click();
  await second.send("Another draft");
  await notice(first).waitFor({ state: "hidden" });
  await notice(second).waitFor({ state: "hidden" });
});

longTest("closing the browser does not stop the reply", async ({ openChat, browser }) => {
  const chat = await openChat(server);
  const whole = undisturbedAnswer(server.url, LONG);
  await chat.send(LONG);
  await chat.replyOfLength(0, 150);
  const sessionId = await chat.sessionId();
  const storageState = await chat.page.context().storageState();
  const path = chat.page.url();
  await chat.page.context().close();

  await followToEnd(server.url, sessionId);
  const later = await openChat(server, { context: { storageState }, path });
  await later.reply(0, "complete");
  expect(textOf((await later.stored()).messages[1])).toBe(await whole);
  expect(browser.isConnected()).toBe(true);
});

longTest("a conversation deleted in one tab is gone from the other", async ({ openChat }) => {
  const first = await openChat(server);
  await first.ask("Hello");
  const second = await openChat(server, { beside: first });
  await second.reply(0, "complete");
  await first.deleteConversation();
  await second.emptyState.waitFor();
});
