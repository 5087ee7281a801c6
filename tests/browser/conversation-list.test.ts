import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, longWideTest, test } from "../fixtures/browser/browser-test";
import { hasFocus, type ChatPage } from "../fixtures/browser/chat-page";
import { unreadableText } from "../fixtures/browser/readability";
import { readSession } from "../fixtures/session-api";
import { PHONE, screenOr } from "../fixtures/browser/screens";

const context = screenOr(PHONE);

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
});
afterAll(() => server.stop());

/** Two conversations; the second is open. */
async function holdTwo(chat: ChatPage): Promise<void> {
  await chat.ask("About tea");
  await chat.startNew();
  await chat.ask("About coffee");
}

test("a conversation is renamed in its place and pinned, in every tab and for good", async ({ openChat }) => {
  const chat = await openChat(server, { context });
  await holdTwo(chat);
  const other = await openChat(server, { beside: chat });
  await chat.showList();
  await other.showList();
  expect(await chat.listed()).toEqual({ Today: ["About coffee", "About tea"] });

  await chat.chooseInList("About tea", "Rename");
  const field = chat.page.getByRole("textbox", { name: "Title of the conversation" });
  await field.fill("Oolong");
  // Keys that only end the composition of a word.
  for (const key of ["Enter", "Escape"]) await field.dispatchEvent("keydown", { key, keyCode: 229 });
  expect(await field.inputValue()).toBe("Oolong");
  await field.press("Escape");
  expect(await chat.listed()).toEqual({ Today: ["About coffee", "About tea"] });
  await chat.chooseInList("About tea", "Rename");
  await field.fill("  Green tea ");
  await field.press("Enter");
  await chat.chooseInList("Green tea", "Pin");
  for (const tab of [chat, other]) {
    await expect.poll(tab.listed).toEqual({ Pinned: ["Green tea"], Today: ["About coffee"] });
  }
  expect(await unreadableText(chat.page)).toEqual([]);

  // The server has the name: another browser of the same person is told it.
  await chat.openListed("Green tea");
  await chat.page.getByRole("heading", { name: "Green tea", level: 1 }).waitFor();
  await expect.poll(async () => (await chat.stored()).title).toBe("Green tea");
  await chat.refresh();
  await chat.showList();
  expect(await chat.listed()).toEqual({ Pinned: ["Green tea"], Today: ["About coffee"] });
  await chat.chooseInList("Green tea", "Unpin");
  await expect.poll(other.listed).toEqual({ Today: [expect.any(String), expect.any(String)] });
});

longTest(
  "a deletion is undone from the other tab, and brings the conversation back in both",
  async ({ openChat }) => {
    const chat = await openChat(server, { context });
    await holdTwo(chat);
    const other = await openChat(server, { beside: chat });
    await other.reply(0, "complete");
    await chat.chooseInList("About coffee", "Delete");
    await chat.undo.waitFor();
    expect(await unreadableText(chat.page)).toEqual([]);
    expect(await chat.listed()).toEqual({ Today: ["About tea"] });
    await other.emptyState.waitFor();
    await other.undo.click();
    await other.reply(0, "complete");
    await expect.poll(chat.listed).toEqual({ Today: ["About coffee", "About tea"] });
    await chat.undo.waitFor({ state: "hidden" });
  },
);

longTest(
  "what is deleted in a tab that is closed at once is deleted by the next one",
  async ({ openChat }) => {
    const chat = await openChat(server);
    await holdTwo(chat);
    const id = await chat.sessionId();
    await chat.deleteConversation();
    const { page } = chat;

    const soon = await openChat(server, { beside: chat });
    await page.close();
    await soon.undo.waitFor();
    await soon.showList();
    expect(await soon.listed()).toEqual({ Today: ["About tea"] });
    expect(await readSession(server.url, id)).not.toBeNull();

    const later = await openChat(server, { beside: soon, clockAhead: 60_000 });
    await expect.poll(() => readSession(server.url, id)).toBeNull();
    await later.showList();
    expect(await later.listed()).toEqual({ Today: ["About tea"] });
    await soon.undo.waitFor({ state: "hidden" });
  },
);

longTest(
  "a deletion that the server cannot carry out now is carried out when it can",
  async ({ openChat }) => {
    const chat = await openChat(server, {
      clockAhead: 0,
      expectErrors: [/Failed to load resource/],
    });
    await chat.ask("About tea");
    const id = await chat.sessionId();
    let refusals = 0;
    await chat.page.route("**/api/session", (route) =>
      route.request().method() === "DELETE" && ++refusals <= 1 ? route.abort() : route.continue(),
    );
    await chat.deleteConversation();
    await chat.page.clock.fastForward(11_500);
    await expect.poll(() => refusals).toBe(1);
    await chat.page.clock.fastForward(20_000);
    await expect.poll(() => readSession(server.url, id)).toBeNull();
    expect(await chat.listed()).toEqual({});
  },
);

longWideTest("the whole list can be worked by keyboard", async ({ openChat }) => {
  const chat = await openChat(server);
  await holdTwo(chat);
  const { page } = chat;
  const menuButton = (title: string) =>
    chat.conversations.getByRole("button", { name: `Options for “${title}”` });
  const item = (name: string) => page.getByRole("menuitem", { name, exact: true });

  await menuButton("About tea").focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => hasFocus(item("Rename"))).toBe(true);
  await page.keyboard.press("ArrowDown");
  await expect.poll(() => hasFocus(item("Pin"))).toBe(true);
  await page.keyboard.press("Escape");
  await expect.poll(() => hasFocus(menuButton("About tea"))).toBe(true);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Title of the conversation" }).waitFor();
  await page.keyboard.type("Oolong");
  await page.keyboard.press("Enter");
  await expect
    .poll(() => hasFocus(chat.conversations.getByRole("link", { name: "Oolong", exact: true })))
    .toBe(true);

  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => hasFocus(item("Rename"))).toBe(true);
  await page.keyboard.press("End");
  await expect.poll(() => hasFocus(item("Delete"))).toBe(true);
  await page.keyboard.press("Enter");
  await expect.poll(() => hasFocus(chat.undo)).toBe(true);
  await page.keyboard.press("Enter");
  await expect.poll(chat.listed).toEqual({ Today: [expect.any(String), expect.any(String)] });
});

longTest(
  "a list kept by an earlier version is read, and grouped by days that go on over midnight",
  async ({ openChat }) => {
    const first = await openChat(server);
    await first.ask("About tea");
    const id = await first.sessionId();
    const day = 86_400_000;
    const ago = (days: number) => new Date(Date.now() - days * day).toISOString();
    await first.page.evaluate(
      (list) => localStorage.setItem("holdfast.conversations", JSON.stringify(list)),
      [
        { id, title: "About tea", updatedAt: ago(0) },
        { id: "aaaaaaaaaaaaaaaaaaaaaa", title: "Of yesterday", updatedAt: ago(1) },
        {
          id: "bbbbbbbbbbbbbbbbbbbbbb",
          title: "Long ago",
          updatedAt: "2020-02-03T12:00:00.000Z",
          saved: true,
        },
      ],
    );
    const chat = await openChat(server, { beside: first, clockAhead: 0 });
    await chat.showList();
    expect(await chat.listed()).toEqual({
      Today: ["About tea"],
      Yesterday: ["Of yesterday"],
      "February 2020": ["Long ago"],
    });
    await chat.page.clock.fastForward(day);
    await expect.poll(chat.listed).toEqual({
      Yesterday: ["About tea"],
      "Previous 7 days": ["Of yesterday"],
      "February 2020": ["Long ago"],
    });
  },
);
