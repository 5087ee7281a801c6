import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";
import { unreadableText } from "../fixtures/browser/readability";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({
    env: { LIMIT_SESSION_MESSAGES_PER_DAY: "1", DEMO_TOKENS_PER_SECOND: "2000" },
  });
});
afterAll(() => server.stop());

const refused = [/status of 429/];

test("a message that is refused until tomorrow is kept, with the time that is left", async ({ openChat }) => {
  const chat = await openChat(server, { expectErrors: refused });
  await chat.ask("Hello");
  await chat.send("And another thing");
  await chat.page.getByText("You have used all of today's messages").waitFor();
  const timer = chat.page.getByRole("timer");
  const before = secondsOf(await timer.textContent());
  expect(before).toBeGreaterThan(0);
  await expect.poll(async () => secondsOf(await timer.textContent())).toBeLessThan(before);
  expect(await timer.textContent()).toContain("You can try again in");
  expect(await unreadableText(chat.page)).toEqual([]);
  await chat.refresh();
  await chat.page.getByText("You have used all of today's messages").waitFor();
  // The message that is kept here may be shown before the session has been read.
  await expect.poll(() => chat.questions.allTextContents()).toEqual(["Hello", "And another thing"]);
});

test("a message that is refused for seconds goes out by itself when they are over", async ({ openChat }) => {
  const chat = await openChat(server, { expectErrors: refused });
  const sent: number[] = [];
  await chat.page.route("**/api/session/messages", (route) => {
    sent.push(performance.now());
    if (sent.length > 1) return route.continue();
    const error = { code: "too_many_messages", message: "Too many.", retryAfterSeconds: 2 };
    return route.fulfill({ status: 429, contentType: "application/json", body: JSON.stringify({ error }) });
  });
  await chat.send("Hello");
  await chat.page.getByRole("timer").filter({ hasText: "Sends automatically in 0:0" }).waitFor();
  await chat.reply(0, "complete");
  expect(sent).toHaveLength(2);
  expect(sent[1]! - sent[0]!).toBeGreaterThan(1_900);
  expect(await chat.page.getByRole("timer").count()).toBe(0);
});

function secondsOf(text: string | null): number {
  const time = /[\d:]+/.exec(text ?? "")?.[0] ?? "";
  return time.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}
