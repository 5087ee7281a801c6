import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, longWideTest, test } from "../fixtures/browser/browser-test";
import { delta, startChatEndpoint, stream, type ChatEndpoint } from "../fixtures/models/chat-endpoint";
import type { ChatPage } from "../fixtures/browser/chat-page";
import type { ServerResponse } from "node:http";
import { picture } from "../fixtures/browser/picture";

/** The model answers "re: <question>", once the test lets it. */
let model: ChatEndpoint;
let server: AppServer;
let held: { response: ServerResponse; question: string }[] = [];
let answersAtOnce = false;

beforeAll(async () => {
  model = await startChatEndpoint((response, { body }) => {
    const question = (body.messages as { content: string }[]).at(-1)!.content.split("\n").at(-1)!;
    stream(response, delta({ content: "re: " }));
    held.push({ response, question });
    if (answersAtOnce) release();
  });
  server = await startAppServer({
    env: model.env("echo"),
  });
});
afterAll(async () => {
  await server?.stop();
  await model?.close();
});
afterEach(() => {
  release();
  answersAtOnce = false;
});

function release() {
  for (const { response, question } of held) {
    for (const event of [delta({ content: question }), delta({}, "stop")])
      response.write(`data: ${JSON.stringify(event)}\n\n`);
    response.end("data: [DONE]\n\n");
  }
  held = [];
}

const region = (page: Page) => page.getByRole("region", { name: "Waiting messages" });
const items = (page: Page) => region(page).getByRole("listitem");
const texts = async (page: Page) =>
  (await items(page).allInnerTexts()).map((text) => text.split("\n")[0]!.trim());

/** Sends while an answer is being written. */
async function queue({ page, composer }: ChatPage, text: string) {
  await composer.fill(text);
  await page.getByRole("button", { name: "Send after this answer" }).click();
  await items(page).filter({ hasText: text }).getByRole("button", { name: "Remove" }).waitFor();
  await expect.poll(() => composer.inputValue()).toBe("");
}

const question = (page: Page, text: string) =>
  page.getByRole("article", { name: "You", exact: true }).filter({ hasText: text });

describe("while an answer is being written", () => {
  // On a touch screen the focus would open the keyboard over the text.
  longWideTest(
    "the focus is not lost with a message that goes back into the composer, or is sent while it is edited",
    async ({ openChat }) => {
      const chat = await openChat(server, { expectErrors: [/ERR_FAILED/] });
      const { page, composer } = chat;
      const focused = () => page.evaluate(() => document.activeElement?.id);
      await chat.send("First");
      await expect.poll(() => held.length).toBe(1);
      await queue(chat, "Second");
      await page.route("**/api/session/messages", (route) => route.abort());
      await composer.fill("Third");
      await page.getByRole("button", { name: "Send after this answer" }).click();
      const edit = items(page).last().getByRole("button", { name: "Edit" });
      await items(page).getByText("Not sent yet").waitFor();
      await edit.focus();
      await page.keyboard.press("Enter");
      await expect.poll(() => composer.inputValue()).toBe("Third");
      expect(await focused()).toBe("message");

      await page.unroute("**/api/session/messages");
      await items(page).first().getByRole("button", { name: "Edit" }).click();
      await page.getByRole("textbox", { name: "Edit your message" }).waitFor();
      release();
      await expect.poll(() => held.length).toBe(1);
      await region(page).waitFor({ state: "detached" });
      await expect.poll(focused).toBe("message");
    },
  );

  test("messages wait, are edited, moved, removed and brought back, and are sent in order", async ({
    openChat,
  }) => {
    const chat = await openChat(server);
    const { page } = chat;
    await chat.send("first");
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
    for (const text of ["second", "third", "fourth"]) await queue(chat, text);
    await region(page).getByText("3 messages are waiting for this answer.").waitFor();
    await picture(page, "queue");

    await items(page).nth(2).getByRole("button", { name: "Move up" }).click();
    await expect.poll(() => texts(page)).toEqual(["second", "fourth", "third"]);
    // The focus stays with what was moved.
    await page.keyboard.press("Alt+ArrowUp");
    await expect.poll(() => texts(page)).toEqual(["fourth", "second", "third"]);

    await items(page).nth(1).getByRole("button", { name: "Edit" }).click();
    const editor = region(page).getByRole("textbox");
    await editor.fill("second, but better");
    await picture(page, "queue-edit");
    await region(page).getByRole("button", { name: "Save" }).click();
    await expect.poll(() => texts(page)).toEqual(["fourth", "second, but better", "third"]);

    await items(page).nth(0).getByRole("button", { name: "Remove" }).click();
    await expect.poll(() => texts(page)).toEqual(["second, but better", "third"]);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => texts(page)).toEqual(["fourth", "second, but better", "third"]);
    await page.reload();
    await expect.poll(() => texts(page)).toEqual(["fourth", "second, but better", "third"]);

    answersAtOnce = true;
    release();
    await page.getByText("re: third").first().waitFor();
    await expect.poll(() => region(page).count()).toBe(0);
    const mine = await page.getByRole("article", { name: "You", exact: true }).allInnerTexts();
    expect(mine.map((text) => /first|second, but better|third|fourth/.exec(text)?.[0])).toEqual([
      ...["first", "fourth", "second, but better", "third"],
    ]);
  });

  longWideTest("Enter queues, and Stop pauses what waits until it is resumed", async ({ openChat }) => {
    const chat = await openChat(server);
    const { page, composer } = chat;
    await chat.send("first");
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
    await composer.fill("second");
    await composer.press("Enter");
    await items(page).filter({ hasText: "second" }).waitFor();
    await page.getByRole("button", { name: "Stop and pause waiting messages" }).click();
    await region(page).getByText("1 message is paused. You stopped the answer.").waitFor();
    await picture(page, "queue-paused");
    expect(await question(page, "second").count()).toBe(0);
    answersAtOnce = true;
    await chat.send("in between");
    await page.getByText("re: in between").first().waitFor();
    await region(page).getByText("1 message is paused.").waitFor();
    await region(page).getByRole("button", { name: "Resume" }).click();
    await page.getByText("re: second").first().waitFor();
    await expect.poll(() => region(page).count()).toBe(0);
  });

  longTest(
    "a message that waits is seen in another tab, and sent with every tab closed",
    async ({ openChat }) => {
      const chat = await openChat(server);
      await chat.send("first");
      await queue(chat, "second");
      const other = await openChat(server, { beside: chat });
      await items(other.page).filter({ hasText: "second" }).waitFor();
      const path = chat.page.url();
      await chat.page.goto("about:blank");
      await other.page.goto("about:blank");
      answersAtOnce = true;
      const before = model.requests.length;
      release();
      await expect.poll(() => model.requests.length).toBe(before + 1);
      await chat.page.goto(path);
      await chat.page.getByText("re: second").first().waitFor();
    },
  );

  longTest(
    "without a network, a message is kept and queued when the network is back",
    async ({ openChat }) => {
      const chat = await openChat(server, { expectErrors: [/./] });
      const { page, composer } = chat;
      await chat.send("first");
      await queue(chat, "before");
      await page.context().setOffline(true);
      await composer.fill("second");
      await page.getByRole("button", { name: "Send after this answer" }).click();
      await items(page).filter({ hasText: "second" }).getByText("Not sent").waitFor();
      await picture(page, "queue-offline");
      await page.context().setOffline(false);
      await region(page).getByText("2 messages are waiting for this answer.").waitFor();
      await items(page).filter({ hasText: "second" }).getByRole("button", { name: "Remove" }).waitFor();
      answersAtOnce = true;
      release();
      await page.getByText("re: second").first().waitFor();
    },
  );
});
