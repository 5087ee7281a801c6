import { afterEach, beforeEach, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, test } from "../fixtures/browser/browser-test";
import { textOf, undisturbedAnswer } from "../fixtures/session-api";
import { shrinkages, watchReply } from "../fixtures/replies/watch-reply";

const LONG = "Tell me a long story.";
/** A tab that asks a dead server for the conversation logs each refusal. */
const expectErrors = [/Failed to load resource: net::ERR_/];
let server: AppServer;

beforeEach(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "60", NODE_NAME: "laptop" } });
});
afterEach(() => server.stop());

/** The next life of the server is fast: what is left of an answer need not take its time. */
async function killInMidReplyAndRestart(changes: Record<string, string> = {}): Promise<void> {
  await server.kill9();
  await server.restart({ DEMO_TOKENS_PER_SECOND: "2000", ...changes });
}

/** The model that has begun the answer is not on offer any more: nobody can go on with it. */
const withoutItsModel = { MODELS: "demo/other=Other" };

test("after kill -9 in mid-reply the answer goes on by itself to its end", async ({ openChat }) => {
  const chat = await openChat(server, { expectErrors });
  const sights = await watchReply(chat);
  await chat.ask("Hello");
  const finished = await chat.replies.first().innerText();
  sights.length = 0;
  await chat.send(LONG);
  await chat.replyOfLength(1, 300);
  await killInMidReplyAndRestart();

  // The tab that was open all the while finds back by itself.
  await chat.reply(1, "complete");
  expect(shrinkages(sights)).toEqual([]);
  expect(await chat.replies.first().innerText()).toBe(finished);
  const { head, messages } = await chat.stored();
  expect(messages).toHaveLength(4);
  expect(textOf(messages.find(({ id }) => id === head))).toContain("The rest of the story");
  await chat.refresh();
  await chat.reply(1, "complete");
  expect(await chat.mine.allInnerTexts()).toEqual([
    expect.stringContaining("Hello"),
    expect.stringContaining(LONG),
  ]);
});

longTest(
  "an answer that nobody can go on with is shown as interrupted, with its text, and Continue completes it to exactly the whole answer",
  async ({ openChat }) => {
    const chat = await openChat(server, { expectErrors });
    const sights = await watchReply(chat);
    await chat.send(LONG);
    await chat.replyOfLength(0, 300);
    await killInMidReplyAndRestart(withoutItsModel);
    await chat.reply(0, "interrupted");
    expect(shrinkages(sights)).toEqual([]);

    await chat.refresh();
    const cut = await chat.reply(0, "interrupted");
    expect((await cut.innerText()).length).toBeGreaterThan(300);
    expect(await chat.mine.allInnerTexts()).toEqual([expect.stringContaining(LONG)]);
    await chat.button("Retry").waitFor();
    await chat.button("Continue").click();
    await chat.reply(0, "complete");
    expect(shrinkages(sights)).toEqual([]);
    const { head, messages } = await chat.stored();
    expect(textOf(messages.find(({ id }) => id === head))).toBe(await undisturbedAnswer(server.url, LONG));
    expect(await chat.replies.count()).toBe(1);
  },
);

longTest("Retry answers afresh in the place of a cut reply", async ({ openChat }) => {
  const chat = await openChat(server, { expectErrors });
  await chat.send(LONG);
  await chat.replyOfLength(0, 300);
  await killInMidReplyAndRestart(withoutItsModel);
  await chat.refresh();
  await chat.reply(0, "interrupted");

  await chat.button("Retry").click();
  await chat.reply(0, "complete");
  const { head, messages } = await chat.stored();
  expect(textOf(messages.find(({ id }) => id === head))).toBe(await undisturbedAnswer(server.url, LONG));
  expect(await chat.replies.count()).toBe(1);
  expect(await chat.mine.count()).toBe(1);
});

test("a message sent while the server is down is sent when it is back", async ({ openChat }) => {
  const chat = await openChat(server, { expectErrors });
  await chat.ask("Hello");
  await server.kill9();
  await chat.send("Are you there?");
  await server.restart();
  await chat.reply(1, "complete");
  expect((await chat.stored()).messages).toHaveLength(4);
});
