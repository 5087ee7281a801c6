import { afterAll, beforeAll, expect } from "vitest";
import { startBedrockChat } from "../fixtures/models/bedrock-chat";
import { test } from "../fixtures/browser/browser-test";
import { pick, type ChatPage } from "../fixtures/browser/chat-page";
import { isPhone } from "../fixtures/browser/screens";

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
  await tab.button("Open anyway").click();
  await tab.reply(0, "complete");
  await expect.poll(() => tab.page.evaluate(() => localStorage.getItem("holdfast.drawing"))).toBeNull();
  await tab.refresh();
  await tab.reply(0, "complete");
});

test("code on which a highlighter takes minutes, and a formula that expands without end, leave the page free", async ({
  openChat,
}) => {
  const tab = await openChat(chat.server);
  const { page } = tab;
  const code = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\`\n\n`;
  const slow = code("c", "a".repeat(59_000)) + code("cpp", "__ ".repeat(19_000));
  const bomb = `$\\def\\a{${"x".repeat(1_400)}}${"\\a".repeat(250)}$`;
  chat.bedrock.script({ name: "ok", text: `${slow}${bomb}\n\n${code("js", "let it = 1;")}` });
  await page.evaluate(() => {
    new PerformanceObserver((list) => {
      const longest = Math.max(...list.getEntries().map(({ duration }) => duration));
      const { dataset } = document.documentElement;
      dataset.longest = String(Math.max(Number(dataset.longest ?? 0), longest));
    }).observe({ type: "longtask" });
  });
  const answer = await tab.ask("Write");
  await answer.locator(".hljs-keyword").waitFor();
  await answer.getByText("This formula could not be displayed").waitFor();
  expect(Number(await page.evaluate(() => document.documentElement.dataset.longest ?? "0"))).toBeLessThan(
    2_000,
  );
});

test("a page whose texts are replaced by a translation copies code and goes on", async ({ openChat }) => {
  const tab = await openChat(chat.server);
  chat.bedrock.script({ name: "ok", text: "Some **bold** words\n\n```js\nlet a = 1;\n```\n\nand more" });
  await tab.ask("Code");
  await tab.page.evaluate(translate);
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

test("a page whose texts are replaced by a translation stops, edits, renames, searches, shares and deletes", async ({
  openChat,
}) => {
  const tab = await openChat(chat.server);
  const { page } = tab;
  const dialog = page.getByRole("dialog");
  await page.evaluate(translate);
  await askAndStop(tab, "A tale", 0);
  await editFirstQuestion(tab);
  await tab.button("Previous version").click();
  await tab.reply(0, "stopped");

  await tab.choose("Rename");
  await page.getByRole("textbox", { name: "Title" }).fill("A tale of bees");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "A tale of bees", level: 1 }).waitFor();

  await tab.showList();
  await page.getByRole("searchbox", { name: "Search conversations" }).fill("tale");
  await tab.conversations
    .getByRole("region", { name: "In messages" })
    .getByRole("listitem")
    .first()
    .waitFor();
  await page.getByRole("searchbox", { name: "Search conversations" }).fill("");
  if (isPhone) await page.keyboard.press("Escape");

  await page.keyboard.press("Control+k");
  await dialog.getByRole("combobox").fill("bees");
  await dialog.getByRole("option").first().waitFor();
  await page.keyboard.press("Escape");

  await tab.choose("Share");
  await dialog.getByRole("button").last().click();
  await page.keyboard.press("Escape");

  await tab.openSettings();
  for (const label of ["Deutsch", "English"]) await pick(dialog.getByRole("combobox").first(), label);
  await page.keyboard.press("Escape");

  await tab.deleteConversation();
  await tab.undo.click();
  await page.getByRole("heading", { name: "A tale of bees", level: 1 }).waitFor();
  chat.bedrock.script({ name: "ok", text: "Again" });
  await tab.ask("Goes on");
});

test("a page that extensions change all the time streams, stops, edits, shows dialogs and goes on", async ({
  openChat,
}) => {
  const tab = await openChat(chat.server);
  const { page } = tab;
  const dialog = page.getByRole("dialog");
  await page.evaluate(meddle);
  const tale =
    "# A *tale*\n\nOf `a` **bee**, $x^2$.\n\n- one\n- two\n\n| a | b |\n|-|-|\n| 1 | 2 |\n\n```js\nlet a = 1;\n```\n\n";
  chat.bedrock.script({ name: "paced", text: tale.repeat(4), gapMs: 5 });
  await tab.ask("A tale");
  await askAndStop(tab, "More", 1);
  await editFirstQuestion(tab);
  await tab.choose("Rename");
  await page.getByRole("textbox", { name: "Title" }).fill("Bees");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Bees", level: 1 }).waitFor();
  await tab.openSettings();
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await tab.startNew();
  chat.bedrock.script({ name: "ok", text: "Again" });
  await tab.ask("Another");
});

/** Stops the answer, which has this index, while it is written. */
async function askAndStop(tab: ChatPage, question: string, index: number): Promise<void> {
  chat.bedrock.script({ name: "paced", text: "Some *words* of a long tale. ".repeat(200), gapMs: 20 });
  await tab.send(question);
  await tab.replyOfLength(index, 60);
  await tab.button("Stop").click();
  await tab.reply(index, "stopped");
}

/** And waits for its other answer. */
async function editFirstQuestion(tab: ChatPage): Promise<void> {
  chat.bedrock.script({ name: "ok", text: "Well, **bees**" });
  const question = tab.mine.first();
  await question.hover();
  await question.getByRole("button", { name: "Edit", exact: true }).click();
  const editor = tab.page.getByRole("textbox", { name: "Edit your message" });
  await editor.fill("Tell me about bees");
  await editor.press("Control+Enter");
  await tab.reply(0, "complete");
}

/**
 * Runs in the page: changes it every few milliseconds, as extensions and translations do. Texts are wrapped, put back as
 * other texts, cut in two and merged; elements get neighbours, children, classes and styles.
 */
function meddle(): void {
  let state = 7;
  const chance = (probability: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648 < probability;
  };
  const isForeign = "script, style, textarea, select, svg, title, font, [data-extension]";
  setInterval(() => {
    for (const font of document.querySelectorAll("font"))
      if (chance(0.3)) font.replaceWith(document.createTextNode(font.textContent ?? ""));
    if (chance(0.1)) document.body.normalize();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) texts.push(node as Text);
    for (const text of texts) {
      if (text.data.trim() === "" || text.parentElement?.closest(isForeign)) continue;
      if (chance(0.1) && text.length > 3) text.splitText(2);
      else if (chance(0.3)) {
        const [outer, inner] = [document.createElement("font"), document.createElement("font")];
        inner.textContent = text.data;
        outer.append(inner);
        text.replaceWith(outer);
      }
    }
    for (const element of document.querySelectorAll<HTMLElement>("main *, nav *, [role=dialog] *")) {
      if (!chance(0.02) || element.closest(isForeign)) continue;
      const neighbour = document.createElement("i");
      neighbour.dataset.extension = "";
      if (chance(0.3)) element.before(neighbour);
      else if (chance(0.5)) element.after(neighbour);
      else element.prepend(neighbour);
      element.classList.add("extension");
      element.style.setProperty("--extension", "1");
    }
  }, 30);
}

/** Runs in the page: puts every text into an element of its own, now and from now on, as a translation does. */
function translate(): void {
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
}
