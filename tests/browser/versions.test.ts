import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, longWideTest, test } from "../fixtures/browser/browser-test";
import type { ChatPage } from "../fixtures/browser/chat-page";
import { PHONE, screenOr } from "../fixtures/browser/screens";

const context = screenOr(PHONE);

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
});
afterAll(() => server.stop());

const tool = (chat: ChatPage, which: "mine" | "replies", index: number, name: string) =>
  chat[which].nth(index).getByRole("button", { name, exact: true });

const position = (chat: ChatPage, which: "mine" | "replies", index: number) =>
  chat[which].nth(index).getByRole("group", { name: "Versions" }).locator("span");

longWideTest("a double click begins one copy of a conversation", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.ask("About tea");
  await chat.replies.first().hover();
  await tool(chat, "replies", 0, "New conversation from here").dblclick();
  await expect.poll(async () => Object.values(await chat.listed()).flat()).toHaveLength(2);
  await chat.ask("And coffee?");
  expect(Object.values(await chat.listed()).flat()).toHaveLength(2);
});

test("a question is changed, both ways on are kept, and every tab shows the one that was chosen", async ({
  openChat,
}) => {
  const chat = await openChat(server, { context });
  await chat.ask("Tell me about ants");
  await chat.ask("And their queens?");
  const other = await openChat(server, { beside: chat });
  await other.mine.nth(1).waitFor();

  await chat.mine.nth(0).hover();
  await tool(chat, "mine", 0, "Edit").click();
  const editor = chat.page.getByRole("textbox", { name: "Edit your message" });
  expect(await editor.inputValue()).toBe("Tell me about ants");
  await editor.fill("Tell me about bees");
  await chat.mine.nth(0).getByRole("button", { name: "Send", exact: true }).click();
  await chat.mine.filter({ hasText: "bees" }).waitFor();
  await chat.reply(0, "complete");
  expect(await chat.mine.count()).toBe(1);
  expect(await position(chat, "mine", 0).textContent()).toBe("2/2");

  await tool(chat, "mine", 0, "Previous version").click();
  await chat.mine.filter({ hasText: "And their queens?" }).waitFor();
  expect(await position(chat, "mine", 0).textContent()).toBe("1/2");
  // The way on from there was what the other tab had before; now it hears of both choices.
  await other.mine.filter({ hasText: "And their queens?" }).waitFor();
  await tool(chat, "mine", 0, "Next version").click();
  await other.mine.filter({ hasText: "bees" }).waitFor();

  await chat.refresh();
  await chat.mine.filter({ hasText: "bees" }).waitFor();
  const { messages } = await chat.stored();
  expect(messages.map(({ role }) => role)).toEqual([
    "user",
    "assistant",
    "user",
    "assistant",
    "user",
    "assistant",
  ]);
});

longTest(
  "another answer is a version beside the first, and a copy of either goes its own way",
  async ({ openChat }) => {
    const chat = await openChat(server, { context });
    await chat.ask("What is 2 + 2?");
    await chat.replies.nth(0).hover();
    await tool(chat, "replies", 0, "Regenerate").click();
    await chat.page.waitForFunction(() => document.body.textContent.includes("2/2"));
    await chat.reply(0, "complete");
    expect(await chat.replies.count()).toBe(1);

    await tool(chat, "replies", 0, "Details").click();
    const details = chat.page.getByRole("dialog", { name: "About this answer" });
    await details.getByText("Demo model").waitFor();
    await details.getByText("Output tokens").waitFor();
    await chat.page.keyboard.press("Escape");

    const before = await chat.sessionId();
    await tool(chat, "replies", 0, "New conversation from here").click();
    await chat.page.waitForFunction((id) => sessionStorage.getItem("holdfast.current") !== id, before);
    await chat.reply(0, "complete");
    await chat.ask("Go on in the copy");
    expect((await chat.stored()).messages).toHaveLength(4);
    await chat.showList();
    expect(await chat.conversations.getByRole("listitem").count()).toBe(2);
  },
);

longTest("versions are chosen by keyboard, and the focus stays on the switcher", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.ask("Name a colour");
  await tool(chat, "replies", 0, "Regenerate").focus();
  await chat.page.keyboard.press("Enter");
  await chat.page.waitForFunction(() => document.body.textContent.includes("2/2"));
  await chat.reply(0, "complete");
  await tool(chat, "replies", 0, "Previous version").focus();
  await chat.page.keyboard.press("Enter");
  await chat.page.waitForFunction(() => document.body.textContent.includes("1/2"));
  expect(await chat.page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
    "Previous version",
  );
});

longTest(
  "instructions that are given before the first message go with it, and are kept",
  async ({ openChat }) => {
    const chat = await openChat(server);
    await chat.choose("Conversation settings");
    const dialog = chat.page.getByRole("dialog", { name: "Conversation settings" });
    await dialog.getByRole("textbox", { name: "Instructions" }).fill("Answer in rhyme.");
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    await dialog.waitFor({ state: "hidden" });
    await chat.refresh();
    await chat.ask("Hello");
    expect((await chat.stored()).settings.instructions).toBe("Answer in rhyme.");

    await chat.choose("Conversation settings");
    const again = chat.page.getByRole("dialog").getByRole("textbox", { name: "Instructions" });
    expect(await again.inputValue()).toBe("Answer in rhyme.");
    await again.fill("Answer in prose.");
    await chat.page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
    await expect.poll(async () => (await chat.stored()).settings.instructions).toBe("Answer in prose.");

    // What was typed outlasts a selection that ends beside the dialog, Escape and a reload; Cancel ends it.
    await chat.choose("Conversation settings");
    await again.fill("Answer in haiku.");
    await again.hover({ position: { x: 20, y: 20 } });
    await chat.page.mouse.down();
    await chat.page.mouse.move(2, 2);
    await chat.page.mouse.up();
    expect(await again.isVisible()).toBe(true);
    await chat.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await chat.refresh();
    await chat.choose("Conversation settings");
    expect(await again.inputValue()).toBe("Answer in haiku.");
    await dialog.getByText("Not saved yet.").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await chat.choose("Conversation settings");
    expect(await again.inputValue()).toBe("Answer in prose.");
    await chat.page.mouse.click(2, 2);
    await dialog.waitFor({ state: "hidden" });
  },
);

longTest(
  "what was typed into a question's editor is there again after another was edited and a reload",
  async ({ openChat }) => {
    const chat = await openChat(server);
    await chat.ask("Tell me about ants");
    await chat.ask("And their queens?");
    const editor = chat.page.getByRole("textbox", { name: "Edit your message" });
    async function edit(index: number) {
      await chat.mine.nth(index).hover();
      await tool(chat, "mine", index, "Edit").click();
    }
    await edit(0);
    await editor.fill("Tell me about bees");
    await edit(1);
    await chat.refresh();
    await edit(0);
    expect(await editor.inputValue()).toBe("Tell me about bees");

    // The Escape that only ends the composing of a character.
    await editor.dispatchEvent("keydown", { key: "Escape", isComposing: true });
    expect(await editor.inputValue()).toBe("Tell me about bees");
    expect(await editor.isVisible()).toBe(true);
    // Escape closes it, and only Cancel takes back what was typed.
    await editor.press("Escape");
    await edit(0);
    expect(await editor.inputValue()).toBe("Tell me about bees");
    await chat.button("Cancel").click();
    await edit(0);
    expect(await editor.inputValue()).toBe("Tell me about ants");
  },
);
