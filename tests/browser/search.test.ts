import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, longWideTest, test } from "../fixtures/browser/browser-test";
import { hasFocus, type ChatPage } from "../fixtures/browser/chat-page";
import { longConversation } from "../fixtures/long-conversation";
import { unreadableText } from "../fixtures/browser/readability";
import { PHONE, screenOr } from "../fixtures/browser/screens";

const context = screenOr(PHONE);

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
});
afterAll(() => server.stop());

const field = (chat: ChatPage) => chat.page.getByRole("searchbox", { name: "Search conversations" });
const hits = (chat: ChatPage) =>
  chat.conversations.getByRole("region", { name: "In messages" }).getByRole("listitem");
const status = (chat: ChatPage, words: string | RegExp) =>
  chat.page.getByRole("status").filter({ hasText: words });

/** A conversation of 400 messages, named and opened. */
async function importLong(chat: ChatPage, change: (texts: { text: string }[]) => void): Promise<void> {
  const conversation = longConversation(400);
  change(conversation.messages.map(({ parts }) => parts[0] as { text: string }));
  await chat.importFile("long.json", JSON.stringify({ ...conversation, title: "A long walk" }));
  await chat.page.getByRole("heading", { name: "A long walk", level: 1 }).waitFor();
}

test("titles and texts are searched without a click, and a hit opens at its place, which is marked", async ({
  openChat,
}) => {
  const chat = await openChat(server, { context });
  await importLong(chat, (texts) => (texts[41]!.text += " The **Crème brûlée** was burnt."));
  await chat.startNew();
  await chat.ask("About tea");
  await chat.showList();
  await field(chat).fill("LONG");
  expect(await chat.listed()).toEqual({ Today: ["A long walk"] });
  await field(chat).fill("brulee");
  await chat.conversations.getByText("No matching titles").waitFor();
  expect(await chat.listed()).toEqual({});
  await status(chat, "1 result").waitFor();
  expect(await hits(chat).innerText()).toMatch(/A long walk\s.*The Crème brûlée was burnt/s);
  expect(await unreadableText(chat.page)).toEqual([]);

  await hits(chat).getByRole("button").click();
  const message = chat.replies.filter({ hasText: "Crème brûlée" });
  await message.waitFor();
  await expect.poll(() => inView(chat, message)).toBe(true);
  await expect.poll(() => marked(chat)).toEqual({ all: ["brûlée"], current: ["brûlée"] });
  // And it stays there: nothing pulls the view to the end.
  await chat.page.evaluate(() => new Promise((done) => requestIdleCallback(done)));
  expect(await inView(chat, message)).toBe(true);
  await chat.button("Jump to latest").waitFor();
});

const paletteField = ({ page }: ChatPage) => page.getByRole("combobox", { name: "Search commands" });

longTest("Enter in the palette opens no hit of an earlier query", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.ask("About tea");
  await chat.startNew();
  await chat.page.keyboard.press("Control+k");
  await paletteField(chat).fill("hello");
  await chat.page.getByRole("option").filter({ hasText: "Hello" }).first().waitFor();
  // Faster than the list is drawn for it.
  await paletteField(chat).evaluate(async (input: HTMLInputElement) => {
    const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!;
    set!.call(input, "hello of no such kind");
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    for (let step = 0; step < 5; step++) await Promise.resolve();
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  });
  await status(chat, "No results").or(chat.replies).first().waitFor();
  expect(await chat.replies.count()).toBe(0);
});

longTest(
  "a hit that was gone to in the palette stays chosen while others come in above it",
  async ({ openChat }) => {
    const chat = await openChat(server);
    const { page } = chat;
    for (const title of ["About tea", "About coffee"]) {
      await chat.startNew();
      await chat.ask(title);
      await chat.ask("And hello?");
    }
    const newest = await chat.sessionId();
    await chat.startNew();
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route(/\/api\/session$/, async (route) => {
      // The newest conversation is searched first.
      if (route.request().headers()["x-session-id"] === newest) await released;
      await route.continue();
    });
    await page.keyboard.press("Control+k");
    await paletteField(chat).fill("hello");
    const options = page.getByRole("option");
    // Not the commands, which are listed until the query is.
    await options.filter({ hasText: "About tea" }).nth(1).waitFor();
    await page.keyboard.press("ArrowDown");
    const chosen = page.locator("[role=option][aria-selected=true]");
    expect(await chosen.innerText()).toContain("About tea");
    release();
    await options.filter({ hasText: "About coffee" }).first().waitFor();
    expect(await chosen.innerText()).toContain("About tea");
  },
);

longTest("a hit in a version that is not shown shows that version", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.ask("About marmalade");
  const first = chat.mine.filter({ hasText: "About marmalade" });
  await first.hover();
  await first.getByRole("button", { name: "Edit" }).click();
  const editor = chat.page.getByRole("textbox", { name: "Edit your message" });
  await editor.fill("About honey");
  await editor.press("Control+Enter");
  await chat.replies
    .filter({ hasText: "About honey" })
    .and(chat.page.locator("[data-status=complete]"))
    .waitFor();
  expect(await first.count()).toBe(0);
  await chat.showList();
  await field(chat).fill("about marmalade");
  await hits(chat).first().getByRole("button").click();
  await first.waitFor();
  await expect.poll(() => inView(chat, first)).toBe(true);
});

longWideTest(
  "a search goes through the list by keyboard, follows the typing, can be ended, and asks once",
  async ({ openChat }) => {
    const chat = await openChat(server);
    await chat.ask("About tea");
    await chat.startNew();
    await chat.ask("About coffee");
    let asked = 0;
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    await chat.page.route("**/api/session", async (route) => {
      asked += 1;
      await held;
      await route.continue();
    });

    const progress = chat.page.getByText("Searched 0 of 2 conversations…");
    const { keyboard } = chat.page;
    await field(chat).focus();
    await keyboard.type("about");
    await keyboard.press("ArrowDown");
    expect(await hasFocus(chat.conversations.getByRole("link", { name: "About coffee", exact: true }))).toBe(
      true,
    );
    await progress.waitFor();
    await keyboard.press("ArrowDown");
    await keyboard.press("ArrowDown");
    await keyboard.press("Enter");
    await status(chat, "No matching text").waitFor();
    expect(await hasFocus(chat.page.getByRole("heading", { name: "In messages" }))).toBe(true);
    await field(chat).press("End");
    await keyboard.type(" te");
    await progress.waitFor();
    // It is not read out.
    expect(await status(chat, /./).count()).toBe(0);
    await chat.button("Stop searching").focus();
    answer();
    await hits(chat).filter({ hasText: "About tea" }).first().waitFor();
    await status(chat, /results?/).waitFor();
    await keyboard.press("ArrowDown");
    expect(await hasFocus(hits(chat).getByRole("button").first())).toBe(true);
    await field(chat).press("End");
    const before = asked;
    await keyboard.type("a");
    await expect.poll(() => hits(chat).locator("mark").first().innerText()).toBe("About tea");
    expect(asked).toBe(before);

    await field(chat).press("Escape");
    expect(await chat.listed()).toEqual({ Today: ["About coffee", "About tea"] });
    expect(await hits(chat).count()).toBe(0);
  },
);

/** The texts of the marks. */
function marked(chat: ChatPage): Promise<{ all: string[]; current: string[] }> {
  return chat.page.evaluate(() => {
    const texts = (name: string) => [...(CSS.highlights.get(name) ?? [])].map((range) => range.toString());
    return { all: texts("found"), current: texts("found-current") };
  });
}

longWideTest(
  "Ctrl+F finds in all messages, also in those that are not drawn or folded",
  async ({ openChat }) => {
    const chat = await openChat(server);
    const { page } = chat;
    const { keyboard } = page;
    const bar = page.getByRole("textbox", { name: "Find in conversation" });
    const count = (words: string) => status(chat, words).waitFor();
    await chat.ask("About tea");
    await keyboard.press("Control+f");
    expect(await bar.count()).toBe(0);

    await importLong(chat, (texts) => {
      texts[2]!.text = `${"One line\n".repeat(40)}and a *quince*`;
      texts[41]!.text += `\n\n\`\`\`txt\n${"line\n".repeat(400)}Quince **2\n\`\`\``;
      texts[201]!.text += " Some q**uin**ce jam.";
    });
    // The browser's own find serves until the page has the conversation, which is longer than what is drawn.
    const find = () => keyboard.press("Control+f").then(() => bar.count());
    await expect.poll(find).toBe(1);
    await keyboard.type("quince");
    await count("1 of 3");
    const current = async (words: string) => {
      await expect.poll(async () => (await marked(chat)).current).toEqual([words]);
      await expect.poll(() => isMarkInView(chat)).toBe(true);
    };
    await current("quince");
    await keyboard.press("Enter");
    await count("2 of 3");
    await current("Quince");
    await keyboard.press("F3");
    await count("3 of 3");
    await current("quince");
    await keyboard.press("Shift+Enter");
    await keyboard.press("Control+Shift+g");
    await count("1 of 3");
    await current("quince");
    await keyboard.press("Control+f");
    await bar.fill("e **2");
    await count("1 of 1");
    await current("e **2");
    await bar.fill("quinces");
    await count("No results");
    await bar.fill("e **2");
    await current("e **2");
    expect(await unreadableText(page)).toEqual([]);
    await bar.press("Escape");
    await bar.waitFor({ state: "hidden" });
    expect(await marked(chat)).toEqual({ all: [], current: [] });
    const message = chat.replies.filter({ hasText: "Quince **2" });
    expect(await inView(chat, message)).toBe(true);
    expect(await hasFocus(chat.composer)).toBe(true);
  },
);

/** Whether the current mark is where it can be seen: in the scroller, below the bar. */
function isMarkInView(chat: ChatPage): Promise<boolean> {
  return chat.page.evaluate(() => {
    const [range] = CSS.highlights.get("found-current") ?? [];
    const view = document.querySelector(".conversation__scroller")!.getBoundingClientRect();
    const place = (range as Range | undefined)?.getBoundingClientRect();
    return place !== undefined && place.height > 0 && place.top > view.top + 50 && place.bottom < view.bottom;
  });
}

async function inView(chat: ChatPage, message: ReturnType<ChatPage["page"]["locator"]>): Promise<boolean> {
  const [box, view] = await Promise.all([
    message.first().boundingBox(),
    chat.page.getByRole("region", { name: "Conversation", exact: true }).boundingBox(),
  ]);
  return box !== null && view !== null && box.y + box.height > view.y && box.y < view.y + view.height;
}
