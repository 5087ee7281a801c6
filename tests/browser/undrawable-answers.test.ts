import { afterAll, beforeAll, expect } from "vitest";
import { startBedrockChat } from "../fixtures/bedrock-chat";
import { test } from "../fixtures/browser-test";

let chat: Awaited<ReturnType<typeof startBedrockChat>>;

beforeAll(async () => {
  chat = await startBedrockChat();
});
afterAll(() => chat.stop());

test("an answer of a model in a loop is its own text, and the conversation goes on, also after a reload", async ({
  openChat,
}) => {
  const tab = await openChat(chat.server);
  chat.bedrock.script({ name: "ok", text: `${"- ".repeat(1_800)}a` });
  const answer = await tab.ask("Loop");
  await answer.getByText("Shown without formatting").waitFor();
  await tab.refresh();
  await tab.replies.first().getByText("Shown without formatting").waitFor();
  chat.bedrock.script({ name: "ok", text: "**Well**" });
  await (await tab.ask("And?")).locator("strong").waitFor();
});

test("a visit that never finished drawing is followed by one that opens an empty conversation", async ({
  openChat,
}) => {
  const tab = await openChat(chat.server);
  chat.bedrock.script({ name: "ok", text: "Hello" });
  await tab.ask("About tea");
  const id = await tab.sessionId();
  // As a page leaves it that stood still.
  await tab.page.addInitScript((drawn) => {
    if (sessionStorage.getItem("test.stuck")) return;
    sessionStorage.setItem("test.stuck", "1");
    localStorage.setItem("holdfast.drawing", drawn);
  }, id);
  await tab.refresh();
  await tab.emptyState.getByText("About tea").waitFor();
  expect(await tab.sessionId()).not.toBe(id);
  await tab.button("Open it").click();
  await tab.reply(0, "complete");
  await expect.poll(() => tab.page.evaluate(() => localStorage.getItem("holdfast.drawing"))).toBeNull();
  await tab.refresh();
  await tab.reply(0, "complete");
});

test("a page whose texts are replaced by a translation copies code and goes on", async ({ openChat }) => {
  const tab = await openChat(chat.server);
  chat.bedrock.script({ name: "ok", text: "Some **bold** words\n\n```js\nlet a = 1;\n```\n\nand more" });
  await tab.ask("Code");
  await tab.page.evaluate(() => {
    const wrap = (root: Node) => {
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      const texts: Text[] = [];
      for (let node = walker.nextNode(); node; node = walker.nextNode()) texts.push(node as Text);
      for (const text of texts) {
        const parent = text.parentElement;
        if (!parent || parent.closest("font, script, style, textarea, select, svg, title")) continue;
        if (text.data.trim() === "") continue;
        const font = document.createElement("font");
        font.textContent = text.data;
        text.replaceWith(font);
      }
    };
    wrap(document.body);
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes)
        for (const node of addedNodes) if (node.isConnected) wrap(node.parentNode ?? node);
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  await tab.page.getByRole("button", { name: /^Cop/ }).first().click();
  chat.bedrock.script({
    name: "paced",
    text: "A *slanted* word, `code`, and\n\n- a **list** of\n- items\n",
    gapMs: 5,
  });
  await tab.ask("More");
  await tab.startNew();
  chat.bedrock.script({ name: "ok", text: "Again" });
  await tab.ask("Another");
});
