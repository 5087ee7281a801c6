import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, test } from "../fixtures/browser/browser-test";
import { textOf, undisturbedAnswer } from "../fixtures/session-api";
import { shrinkages, watchReply } from "../fixtures/replies/watch-reply";

const LONG = "Tell me a long story.";
let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({
    env: { DEMO_TOKENS_PER_SECOND: "25", MODELS: "demo/demo=First demo,demo/second=Second demo" },
  });
});
afterAll(() => server.stop());

longTest("a finished reply is there after a refresh, word for word", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.ask("Hello");
  const shown = await chat.replies.allInnerTexts();
  expect(shown[0]).toContain("demo model");
  await chat.refresh();
  await chat.reply(0, "complete");
  expect(await chat.replies.allInnerTexts()).toEqual(shown);
});

test("a refresh in mid-reply shows the text so far, which goes on growing to the whole answer", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  const sights = await watchReply(chat);
  const whole = undisturbedAnswer(server.url, LONG);
  await chat.send(LONG);
  for (const length of [150, 400]) {
    await chat.replyOfLength(0, length);
    await chat.refresh();
    await chat.reply(0, "streaming");
  }
  await chat.reply(0, "complete");
  expect(shrinkages(sights)).toEqual([]);
  expect(new Set(sights.map(({ load }) => load)).size).toBe(3);
  expect(textOf((await chat.stored()).messages[1])).toBe(await whole);

  const shown = await chat.replies.allInnerTexts();
  await chat.refresh();
  await chat.reply(0, "complete");
  expect(await chat.replies.allInnerTexts()).toEqual(shown);
});

longTest("a draft survives a refresh, and is gone once it was sent", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.composer.fill("half a thought\nin two lines");
  await chat.refresh();
  expect(await chat.composer.inputValue()).toBe("half a thought\nin two lines");
  await chat.button("Send").click();
  await chat.reply(0, "complete");
  await chat.refresh();
  await chat.reply(0, "complete");
  expect(await chat.composer.inputValue()).toBe("");
});

longTest(
  "a draft of a new conversation is there for the next tab, once its own is closed",
  async ({ openChat }) => {
    const chat = await openChat(server);
    await chat.ask("Hello");
    await chat.startNew();
    await chat.composer.fill("half a thought");
    await chat.openListed("Hello");
    await chat.reply(0, "complete");
    const beside = await openChat(server, { beside: chat });
    await beside.startNew();
    expect(await beside.composer.inputValue()).toBe("");
    await beside.page.close();
    const next = await openChat(server, { beside: chat });
    await chat.page.close();
    await next.refresh();
    await next.startNew();
    expect(await next.composer.inputValue()).toBe("half a thought");
  },
);

longTest(
  "a conversation survives a refresh although storage had no room for the list",
  async ({ openChat }) => {
    const chat = await openChat(server);
    await chat.page.evaluate(() => {
      const filled: Storage = localStorage;
      const { setItem } = Storage.prototype;
      Storage.prototype.setItem = function (key, value) {
        if (this === filled) throw new DOMException("Full.", "QuotaExceededError");
        setItem.call(this, key, value);
      };
    });
    await chat.ask("Hello");
    await chat.refresh();
    await chat.reply(0, "complete");
    await chat.showList();
    await chat.conversations.getByRole("link", { name: "Hello", exact: true }).waitFor();
  },
);

longTest(
  "Back closes a dialog, and with Forward goes through the conversations, also after a refresh",
  async ({ openChat }) => {
    const chat = await openChat(server);
    const { page } = chat;
    const settings = await chat.openSettings();
    await settings.waitFor();
    await page.goBack();
    await settings.waitFor({ state: "hidden" });

    await chat.ask("Hello");
    await chat.startNew();
    await chat.ask("Good morning");
    await page.goBack();
    await chat.mine.filter({ hasText: "Hello" }).waitFor();
    await chat.refresh();
    await chat.mine.filter({ hasText: "Hello" }).waitFor();
    await page.goForward();
    await chat.mine.filter({ hasText: "Good morning" }).waitFor();
    expect(page.url()).toMatch(/\/#c=[\w-]{12}$/);
  },
);

longTest("the choice of a model survives a refresh, and is the one that answers", async ({ openChat }) => {
  const chat = await openChat(server);
  expect(await chat.chosenModel()).toBe("First demo");
  await chat.chooseModel("Second demo");
  await chat.refresh();
  expect(await chat.chosenModel()).toBe("Second demo");
  await chat.ask("Hello");
  await chat.refresh();
  await chat.reply(0, "complete");
  expect(await chat.chosenModel()).toBe("Second demo");
  expect((await chat.stored()).messages[1]?.metadata).toMatchObject({ modelId: "demo/second" });
});
