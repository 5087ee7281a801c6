import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, longWideTest, test, type OpenChat } from "../fixtures/browser/browser-test";
import type { ChatPage } from "../fixtures/browser/chat-page";
import { everyContent } from "../fixtures/store/every-content";
import { overflowing } from "../fixtures/browser/overflow";
import { textOf } from "../fixtures/session-api";
import { pngFile } from "../fixtures/sample-files";
import { PHONE, screenOr } from "../fixtures/browser/screens";
import { problemsOf, viewChecker, type FoundProblems } from "../fixtures/browser/view-problems";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "150" } });
});
afterAll(() => server.stop());

const context = { ...screenOr(PHONE), reducedMotion: "reduce", colorScheme: "light" } as const;

test("axe finds nothing on a conversation with everything, in light and in dark colours", async ({
  openChat,
}) => {
  const chat = await openChat(server, { context });
  await showEverything(chat);
  expect(await problemsOf("everything", chat)).toEqual([]);
});

longTest("axe finds nothing on any view", { timeout: 240_000 }, async ({ openChat }) => {
  const found: FoundProblems = {};
  await checkAllViews(openChat, viewChecker(found));
  expect(found).toEqual({});
});

longWideTest(
  "at 200 % on a laptop, and with the room between letters and lines that people may want, nothing is lost",
  async ({ openChat }) => {
    const chat = await openChat(server, { context: { viewport: { width: 640, height: 400 } } });
    const { page } = chat;
    const dialog = topDialog(page);
    const lost: Record<string, string[]> = {};
    const checkView = async (view: string) => {
      // 1280 px at 200 %, and the width of the narrowest phone, which is 1280 px at 400 %.
      for (const width of [640, 320]) {
        await page.setViewportSize({ width, height: 640 });
        const problems = await overflowing(page);
        if (problems.length > 0) lost[`${view}, ${String(width)} px`] = problems;
      }
    };
    await page.evaluate(spaceText);
    await checkView("empty");
    await chat.importFile("everything.json", JSON.stringify(everyContent()));
    await chat.reply(3, "failed");
    await chat.replies.nth(0).locator(".katex").first().waitFor();
    await checkView("conversation");
    await chat.composer.fill("One line.\nAnother.\nAnd another.");
    expect((await chat.composer.boundingBox())!.height).toBeGreaterThan(60);
    await chat.choose("Conversation settings");
    await dialog.waitFor();
    await checkView("settings of a conversation");
    await page.keyboard.press("Escape");
    await chat.showList();
    await checkView("list");
    await (await chat.openSettings()).getByText("Extra large").click();
    await checkView("settings");
    await page.keyboard.press("Escape");
    await checkView("conversation in very large letters");
    expect(lost).toEqual({});
  },
);

test("a screen reader hears an answer once, in pieces, while it is written", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.page.evaluate(() => {
    const said: string[] = [];
    Object.assign(globalThis, { said });
    new MutationObserver((changes) => {
      for (const { addedNodes, target, type } of changes) {
        const element = target instanceof Element ? target : target.parentElement;
        const region = element?.closest(
          "[aria-live=polite], [aria-live=assertive], [role=status], [role=alert]",
        );
        if (!region) continue;
        if (type === "characterData") said.push(`changed: ${target.textContent ?? ""}`);
        for (const node of addedNodes) said.push(node.textContent ?? "");
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  const said = () => chat.page.evaluate(() => (globalThis as unknown as { said: string[] }).said);
  await chat.send("Tell me a long story");
  await expect.poll(async () => (await said()).length).toBeGreaterThan(1);
  const isWritten = await chat.replies.last().getAttribute("aria-busy");
  expect(isWritten).toBe("true");
  await chat.reply(0, "complete");
  await expect.poll(async () => (await said()).at(-1)).toContain("The rest of the story will be here");
  const [begins, ...pieces] = await said();
  expect(begins).toBe("Assistant is answering…");
  expect(pieces.length).toBeGreaterThan(1);
  const heard = pieces.join(" ").match(/[\p{L}\p{N}]+/gu);
  const written = textOf((await chat.stored()).messages[1]).match(/[\p{L}\p{N}]+/gu);
  expect(heard).toEqual(written);
});

longTest("for who wants no motion, nothing moves", async ({ openChat }) => {
  const chat = await openChat(server, { context: { reducedMotion: "reduce" } });
  await chat.send("Tell me a long story");
  await chat.replyOfLength(0, 100);
  await chat.choose("Conversation settings");
  await chat.page.getByRole("dialog").waitFor();
  const moving = () =>
    chat.page.evaluate(
      () =>
        document.getAnimations().filter(({ effect }) => Number(effect?.getComputedTiming().endTime ?? 0) > 2)
          .length,
    );
  expect(await moving()).toBe(0);
  await chat.page.emulateMedia({ reducedMotion: "no-preference" });
  await chat.page.keyboard.press("Escape");
  // An answer that has just begun: on a busy machine the other may have ended.
  await chat.startNew();
  await chat.send("Tell me a long story");
  await expect.poll(moving).toBeGreaterThan(0);
});

/** Runs in the page: WCAG 1.4.12. */
function spaceText(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }" +
      "p { margin-bottom: 2em !important }",
  );
  document.adoptedStyleSheets.push(sheet);
}

async function checkAllViews(openChat: OpenChat, checkView: ReturnType<typeof viewChecker>) {
  const expectErrors = [/status of (401|404)/, /ERR_FAILED/];
  const chat = await openChat(server, { context, expectErrors });
  const { page } = chat;
  const dialog = topDialog(page);
  const menuItem = (name: string) => page.getByRole("menuitem", { name });
  const close = async () => {
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
  };
  await checkView("empty", chat);
  await chat.model.click();
  await page.getByRole("option").first().waitFor();
  await checkView("the models", chat);
  await page.keyboard.press("Escape");

  // Most views lie over a short conversation, since axe goes through all that is behind them.
  await page.getByTestId("file-input").setInputFiles([
    { name: "sunset.png", mimeType: "image/png", buffer: pngFile(60, 40) },
    { name: "plan.bin", mimeType: "application/octet-stream", buffer: Buffer.from([0x7f, 0x45, 0, 0]) },
  ]);
  await page.locator('.draft-file[data-state="uploaded"]').waitFor();
  await checkView("files to send", chat);
  await chat.button("Remove plan.bin").click();
  await chat.composer.fill("Tell me a long story.");
  await chat.button("Send").click();
  await chat.replyOfLength(0, 100);
  await checkView("an answer that is written", chat);
  const ended = chat.reply(0, "stopped", "complete");
  // The answer may end by itself before it is stopped: the button is then the one that sends.
  await Promise.race([chat.button("Stop").click(), ended]);
  await ended;
  await chat.button("Open sunset.png").click();
  await dialog.waitFor();
  await checkView("an image", chat);
  await close();
  await chat.replies.getByRole("button", { name: "Details" }).click();
  await dialog.waitFor();
  await checkView("details of an answer", chat);
  await close();

  await chat.menuButton.click();
  await menuItem("Delete").waitFor();
  await checkView("the menu of a conversation", chat);
  await menuItem("Conversation settings").click();
  await dialog.waitFor();
  await checkView("settings of a conversation", chat);
  await close();
  await chat.choose("Continue on another device…");
  await dialog.getByRole("button", { name: "Create link" }).click();
  const moved = await dialog.getByRole("textbox").inputValue();
  await checkView("move", chat);
  await close();
  await chat.choose("Rename");
  await checkView("rename", chat);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await dialog.waitFor();
  await checkView("palette", chat);
  await page.keyboard.type("nothing has this name");
  await page.getByText("No results").waitFor();
  await checkView("palette, empty", chat);
  await close();
  await page.keyboard.press("Control+/");
  await dialog.waitFor();
  await checkView("shortcuts", chat);
  await close();

  await chat.showList();
  await checkView("list", chat);
  await chat.conversations.getByRole("button", { name: "Options for" }).first().click();
  await menuItem("Delete").waitFor();
  await checkView("the menu of a row", chat);
  await page.keyboard.press("Escape");
  await page.getByRole("searchbox").fill("lighthouse");
  await page
    .getByRole("status")
    .filter({ hasText: /results?/ })
    .waitFor();
  await checkView("search", chat);
  await page.getByRole("searchbox").fill("");
  await chat.openSettings();
  await dialog.waitFor();
  await checkView("settings", chat);
  await close();

  await showEverything(chat);
  await chat.mine.nth(0).getByRole("button", { name: "Edit" }).click();
  await checkView("a conversation with everything", chat);
  await page.keyboard.press("Escape");
  await chat.choose("Share…");
  await dialog.getByRole("button", { name: "Create link" }).click();
  const shared = await dialog.getByRole("textbox", { name: "Link" }).inputValue();
  await checkView("share", chat);
  await close();

  await page.route("**/api/session", (route) => route.abort());
  await chat.refresh();
  await page.getByText("Offline. Showing the last saved version.").waitFor();
  await checkView("offline", chat);
  await page.unroute("**/api/session");
  await page.route("**/api/session/messages", (route) =>
    route.fulfill({ status: 401, json: { error: { code: "access_code_needed", message: "Say the code." } } }),
  );
  await chat.send("Hello");
  await dialog.waitFor();
  await checkView("the access code", chat);
  // What waits is sent from any page.
  await page.unroute("**/api/session/messages");

  await chat.open(new URL(moved).pathname + new URL(moved).hash);
  await checkView("the page that takes conversations over", chat);
  await page.goto("about:blank");
  await chat.open(new URL(shared).pathname + new URL(shared).hash);
  await page.locator(".katex").first().waitFor();
  await checkView("the page of a share", chat);
  await page.goto(`${server.url}/nowhere`);
  await checkView("a page that is not there", chat);

  // Last: while axe looks at it, the time to undo it may end, and its link with it.
  await chat.open("/");
  await chat.showList();
  await chat.conversations.getByRole("link").first().click();
  await chat.deleteConversation();
  await checkView("a deletion that can be undone", chat);
}

/** Not the one that stands for a dialog while its code is loaded. */
const topDialog = (page: Page) => page.getByRole("dialog").and(page.locator(":not(.type-ahead)")).last();

async function showEverything(chat: ChatPage): Promise<void> {
  await chat.importFile("everything.json", JSON.stringify(everyContent()));
  await chat.reply(3, "failed");
  await chat.replies.nth(2).locator(".diagram").waitFor();
  await chat.replies.nth(0).getByText("Reasoning").click();
  await chat.replies.nth(0).locator(".katex").first().waitFor();
}
