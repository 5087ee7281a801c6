import { afterAll, beforeAll, describe, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, longWideTest, test, type OpenChat } from "../fixtures/browser/browser-test";
import { textOf } from "../fixtures/session-api";

/** The steps of a first visit that both servers are asked for. */
async function chatTwiceAndRefresh(server: AppServer, openChat: OpenChat) {
  const chat = await openChat(server);
  await chat.emptyState.waitFor();
  const answer = await chat.ask("Good morning, who are you?");
  expect(await answer.innerText()).toMatch(/demo/i);
  expect(await chat.emptyState.count()).toBe(0);

  await chat.ask("And what did I say before?");
  const { messages } = await chat.stored();
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
  expect(textOf(messages[3])).toContain("Good morning, who are you?");

  await chat.refresh();
  await chat.reply(1, "complete");
  expect(await chat.mine.count()).toBe(2);
  expect(await chat.mine.first().innerText()).toContain("Good morning, who are you?");
}

describe("a newcomer to the dev server", () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer({ mode: "dev", env: { DEMO_TOKENS_PER_SECOND: "400" } });
  });
  afterAll(() => server.stop());

  test("chats with the demo model, and the conversation is there after a refresh", ({ openChat }) =>
    chatTwiceAndRefresh(server, openChat));
});

describe("a newcomer to the production server", () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "80", SHOW_NODES: "on" } });
  });
  afterAll(() => server.stop());

  test("chats with the demo model, and the conversation is there after a refresh", ({ openChat }) =>
    chatTwiceAndRefresh(server, openChat));

  longTest("gets going with a suggestion", async ({ openChat }) => {
    const chat = await openChat(server);
    await chat.emptyState.getByRole("button").first().click();
    await chat.reply(0, "complete");
    expect(await chat.mine.count()).toBe(1);
  });

  longWideTest(
    "sees which node serves the page, and a fingerprint that tells conversations apart",
    async ({ openChat }) => {
      const chat = await openChat(server);
      await chat.ask("Hello");
      expect(await chat.nodeName.innerText()).not.toBe("");
      const fingerprint = await chat.fingerprint.innerText();
      expect(fingerprint).toContain((await chat.sessionHash()).slice(0, 8));

      await chat.button("New conversation").click();
      await chat.emptyState.waitFor();
      await chat.ask("Hello again");
      expect(await chat.fingerprint.innerText()).not.toBe(fingerprint);
    },
  );

  test("a first message stays in sight while the renderer is on its way, and the answer comes as plain text", async ({
    openChat,
  }) => {
    const chat = await openChat(server);
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await chat.page.route("**/build/_shared/markdown.client-*.js", async (route) => {
      await released;
      await route.continue();
    });
    await chat.refresh();
    await chat.send("Tell me a long story.");
    const question = (await chat.mine.first().elementHandle())!;
    await (await chat.reply(0, "streaming")).locator(".prose--plain").waitFor();
    expect(await question.evaluate((element) => element.isConnected)).toBe(true);
    release();
    await (await chat.reply(0)).locator(".prose p").first().waitFor();
    expect(await question.evaluate((element) => element.isConnected)).toBe(true);
  });

  test("is greeted before any script has come", async ({ openChat }) => {
    const chat = await openChat(server);
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await chat.page.route("**/build/**/*.js", async (route) => {
      await released;
      await route.continue();
    });
    // The list that the first visit may have stored is what makes the next one no newcomer's.
    await chat.page.addInitScript(() => localStorage.clear());
    await chat.page.reload({ waitUntil: "commit" });
    const [heading, notice] = [chat.page.locator(".empty h2"), chat.page.locator(".empty__notice")];
    await heading.waitFor();
    const greeting = [await heading.innerText(), await notice.innerText()];
    expect(greeting[1]).toContain("demo model");
    // They come after the style sheet, without which there is nothing to see.
    const urgent = chat.page.locator('link[rel="modulepreload"]:not([fetchpriority="low"])');
    expect(await urgent.count()).toBe(0);
    release();
    await chat.emptyState.waitFor();
    expect([await heading.innerText(), await notice.innerText()]).toEqual(greeting);
  });
});
