import { afterAll, beforeAll, expect } from "vitest";
import { startBedrockChat } from "../fixtures/models/bedrock-chat";
import { longTest, test, type OpenChat, type OpenOptions } from "../fixtures/browser/browser-test";
import { PHONE, screenOr } from "../fixtures/browser/screens";

let chat: Awaited<ReturnType<typeof startBedrockChat>>;

beforeAll(async () => {
  chat = await startBedrockChat();
});
afterAll(() => chat.stop());

async function answer(openChat: OpenChat, text: string, options: OpenOptions = {}) {
  const tab = await openChat(chat.server, {
    ...options,
    context: { ...screenOr(PHONE), ...options.context },
  });
  // In milliseconds: ten thousand lines take more than the usual 15 s where other work keeps the machine busy.
  tab.page.setDefaultTimeout(45_000);
  chat.bedrock.script({ name: "ok", text });
  return { tab, page: tab.page, reply: await tab.ask("Show me") };
}

test("formulas are drawn, prices are not, and what is no formula shows its source", async ({ openChat }) => {
  const text = "$x^2$ for $5 and $10, \\(a_1\\)\n\n\\[\n\\frac{1}{2}\n+ 1\n\\]\n\n$\\frac{1$ end";
  const { reply } = await answer(openChat, text);
  await reply.locator(".katex").nth(2).waitFor();
  expect(await reply.locator(".katex").count()).toBe(3);
  expect(await reply.getByText("for $5 and $10,").count()).toBe(1);
  expect(await reply.locator(".formula--source").innerText()).toBe(
    "$\\frac{1$ (this formula could not be displayed)",
  );
});

longTest("harmless tags are elements, and no other is", async ({ openChat }) => {
  const text =
    "H<sub>2</sub>O, m<SUP>2</sup>, x<sub>$i$</sub>, <kbd>Ctrl</kbd>+<kbd>C</kbd>; `<sub>x</sub>` <sub onclick=a>2</sub> " +
    "<sup><b>3</b></sup> <img src=x>\n\n<details>\n<summary>More</summary>\n\n- folded\n\n</details>";
  const { reply } = await answer(openChat, text);
  await reply.locator("sub .katex").waitFor();
  const drawn = await reply
    .locator("p :is(sub, sup, kbd, b)")
    .evaluateAll((elements) => elements.map(({ localName, textContent }) => `${localName} ${textContent}`));
  expect(drawn).toEqual([
    "sub 2",
    "sup 2",
    expect.stringMatching(/^sub i/),
    "kbd Ctrl",
    "kbd C",
    "sup 3",
    "b 3",
  ]);
  expect(await reply.locator("p").first().innerText()).toContain(
    "Ctrl+C; <sub>x</sub> <sub onclick=a>2</sub> 3 <img src=x>",
  );
  expect(await reply.getByText("folded").isVisible()).toBe(false);
  // The arrow of the page's own disclosures takes the place of the browser's triangle.
  expect(await reply.locator("summary").evaluate((line) => getComputedStyle(line).display)).toBe("block");
  await reply.getByText("More").click();
  await reply.getByText("folded").waitFor();
});

longTest("a footnote is a jump away, and so is the way back", async ({ openChat }) => {
  const text = `Said[^a].\n\n[^a]: The note.\n\n${"Words.\n\n".repeat(60)}`;
  const { page, reply } = await answer(openChat, text);
  const address = page.url();
  const note = reply.getByText("The note.");
  await reply.getByRole("link", { name: "Footnote 1", exact: true }).click();
  await expect
    .poll(() =>
      note.evaluate(
        (element) => element.contains(document.activeElement) || document.activeElement?.contains(element),
      ),
    )
    .toBe(true);
  await reply.getByRole("link", { name: "Back to footnote 1 in the text" }).click();
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("1");
  expect(page.url()).toBe(address);
});

test("a diagram is drawn as an image, in the colours of the page, and shows its source", async ({
  openChat,
}) => {
  const text =
    "```mermaid\nflowchart LR\n  A[Browser (x)] --> B{a <= b?}\n```\n\n```mermaid\nflowchart LR\n  no --> --> thing\n```\n\nend";
  const { page, reply } = await answer(openChat, text, { context: { colorScheme: "light" } });
  const picture = reply.getByRole("img", { name: "Diagram: flowchart" });
  await picture.waitFor();
  const size = await picture.evaluate((image: HTMLImageElement) =>
    image.decode().then(() => image.naturalWidth),
  );
  expect(size).toBeGreaterThan(50);
  await reply.getByText("could not be displayed: syntax error in line 2.").waitFor();
  await reply.getByText("no --> --> thing").waitFor();

  const light = await picture.getAttribute("src");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForFunction(
    (src) => document.querySelector(".diagram img")?.getAttribute("src") !== src,
    light,
  );

  await reply.getByRole("button", { name: "Source" }).click();
  await reply.getByText("A[Browser (x)] --> B{a <= b?}").waitFor();
  await reply.getByRole("button", { name: "Diagram" }).click();
  await picture.waitFor();

  const download = page.waitForEvent("download");
  await reply.getByRole("button", { name: "Download as SVG" }).click();
  expect((await download).suggestedFilename()).toBe("diagram.svg");
  await reply.getByRole("button", { name: "Enlarge" }).click();
  const large = page.getByRole("dialog").getByRole("img");
  const width = () => large.evaluate((image) => image.clientWidth);
  const fitting = await width();
  await page.keyboard.press("Tab");
  for (let step = 0; step < 12; step++) await page.getByRole("button", { name: "Zoom in" }).press("Enter");
  expect(await width()).toBeGreaterThan(fitting);
  await page.getByRole("button", { name: "Fit to window" }).click();
  expect(await width()).toBe(fitting);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("an image is loaded on a click, without a referrer, and no other with it", async ({ openChat }) => {
  const text = "![A lighthouse](https://images.example/light.svg)\n\n![Another](https://other.example/x.svg)";
  const { page, reply } = await answer(openChat, text, {
    expectRequests: [/^https:\/\/images\.example\/light\.svg$/],
  });
  const referrers: (string | undefined)[] = [];
  await page.route("https://images.example/**", async (route) => {
    referrers.push(route.request().headers().referer);
    const body =
      '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><rect width="80" height="40"/></svg>';
    await route.fulfill({ contentType: "image/svg+xml", body });
  });
  await reply.getByRole("button", { name: /A lighthouse.*images\.example/ }).click();
  const image = reply.getByRole("img", { name: "A lighthouse" });
  await image.evaluate((element: HTMLImageElement) => element.decode());
  expect(referrers).toEqual([undefined]);
  await reply.getByRole("button", { name: /Another.*other\.example/ }).waitFor();
});

longTest("long lines wrap when somebody wants it, in all code and after a refresh", async ({ openChat }) => {
  const { tab, reply } = await answer(openChat, `\`\`\`ts\n${"const x = 1; ".repeat(60)}\n\`\`\``);
  const isWider = () => tab.replies.locator("pre").evaluate((pre) => pre.scrollWidth > pre.clientWidth + 1);
  await reply.locator("pre").waitFor();
  expect(await isWider()).toBe(true);
  await reply.getByRole("button", { name: "Wrap lines" }).click();
  expect(await isWider()).toBe(false);
  await tab.refresh();
  await tab.replies.locator("pre").waitFor();
  expect(await isWider()).toBe(false);
  await tab.button("Wrap lines").click();
  expect(await isWider()).toBe(true);
});

longTest("10,000 lines of code are folded, unfold at once, and are copied whole", async ({ openChat }) => {
  const code = Array.from(
    { length: 10_000 },
    (_, line) => `const value${String(line)} = ${String(line)};`,
  ).join("\n");
  const { page, reply } = await answer(openChat, `\`\`\`ts\n${code}\n\`\`\``, {
    context: { permissions: ["clipboard-read", "clipboard-write"] },
  });
  const lines = () => reply.locator("pre").evaluate((pre) => pre.textContent.split("\n").length);
  await reply.locator(".hljs-keyword").first().waitFor();
  expect(await lines()).toBe(301);
  expect(await reply.locator("pre *").count()).toBeLessThan(2_000);
  await reply.getByRole("button", { name: "Show all 10,000 lines" }).click();
  expect(await lines()).toBe(10_000);
  expect(await reply.locator("pre *").count()).toBeLessThan(2_000);
  await reply.getByRole("button", { name: "Copy" }).first().click();
  await reply.getByText("Copied").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code);
});

longTest("a selection with formulas is copied with their sources, whole and once", async ({ openChat }) => {
  const text =
    "Let \\(x^2\\) be $\\ce{H2O}$.\n\n\\[\n\\sum_{i=1}^n i\n\\]\n\n- one $a$\n- two\n\n| $b$ | c |\n| --- | --- |\n| 1 | 2 |\n\n```ts\nlet a;\nlet b;\n```";
  const { page, reply } = await answer(openChat, text, {
    context: { permissions: ["clipboard-read", "clipboard-write"] },
  });
  await reply.locator(".katex").nth(4).waitFor();
  /** Copies from inside the first element to inside the last, in the order of the page. */
  const copied = async (first: string, last: string) => {
    await reply.evaluate(
      (article, selectors) => {
        const [from, to] = selectors.map((selector) => [...article.querySelectorAll(selector)]);
        getSelection()!.setBaseAndExtent(from![0]!, 0, to!.at(-1)!, to!.at(-1)!.childNodes.length);
      },
      [first, last],
    );
    await page.keyboard.press("ControlOrMeta+C");
    return page.evaluate(() => navigator.clipboard.readText());
  };
  expect(await copied(".prose", ".message__foot")).toBe(
    "Let \\(x^2\\) be $\\ce{H2O}$.\n\n\\[\n\\sum_{i=1}^n i\n\\]\n\none $a$\ntwo\n$b$\tc\n1\t2\nlet a;\nlet b;",
  );
  expect(await copied("p .katex-html", ".formula--display .katex-html")).toBe(
    "\\(x^2\\) be $\\ce{H2O}$.\n\n\\[\n\\sum_{i=1}^n i\n\\]",
  );
  // Without formulas, the browser copies.
  expect(await copied("pre", "pre")).toBe("let a;\nlet b;");
});

longTest("diagrams are copied as pictures, and tables as CSV", async ({ openChat }) => {
  const text = "```mermaid\npie\n  a : 1\n```\n\n| a | b |\n| --- | --- |\n| $x$, y | =1+1 |";
  const { page, reply } = await answer(openChat, text, {
    context: { permissions: ["clipboard-read", "clipboard-write"] },
  });
  await reply.locator(".katex").waitFor();
  await reply.getByRole("button", { name: "Copy as CSV" }).click();
  await reply.getByRole("button", { name: "Copied" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('a,b\r\n"$x$, y",\'=1+1\r\n');
  await reply.getByRole("button", { name: "Copy as image" }).click();
  const types = () =>
    page.evaluate(() => navigator.clipboard.read().then((items) => items.flatMap((item) => item.types)));
  await expect.poll(types).toEqual(["image/png"]);
});

test("on paper there are all messages with drawn formulas, in light colours, and nothing to press", async ({
  openChat,
}) => {
  const { page, reply } = await answer(openChat, "See [this](https://example.com/a) and $x$.", {
    context: { colorScheme: "dark" },
  });
  await reply.locator(".katex").waitFor();
  await page.emulateMedia({ media: "print" });
  const shown = () => page.locator("body").innerText();
  expect(await shown()).not.toContain("Skip to");
  expect(
    await page.locator("button:visible, a.skip-link:visible, select:visible, textarea:visible").count(),
  ).toBe(0);
  const link = reply.getByRole("link");
  expect(await link.evaluate((element) => getComputedStyle(element, "::after").content)).toContain(
    "example.com/a",
  );
  const colour = await reply
    .locator("p")
    .first()
    .evaluate((element) => getComputedStyle(element).color);
  expect(colour).toBe("rgb(28, 33, 36)");
});

longTest("on paper nothing is folded, and nothing is cut off on the right", async ({ openChat }) => {
  const cells = Array.from({ length: 9 }, (_, column) => `aColumnWithoutASpace${String(column)}`);
  const lines = Array.from(
    { length: 400 },
    (_, line) => `const value${String(line)} = "${"x".repeat(200)}";`,
  );
  const text = [
    "<details>\n<summary>More</summary>\n\nfolded words\n\n</details>",
    `| ${cells.join(" | ")} |\n|${" - |".repeat(9)}\n| ${cells.map((cell) => `\`${cell}\` and a sentence of words`).join(" | ")} |`,
    `\\[\n${"a_{1} + b^{2} + ".repeat(30)}c\n\\]`,
    `\`\`\`ts\n${lines.join("\n")}\n\`\`\``,
    "A note[^1] and ![a cat](https://example.com/cat.png)\n\n[^1]: The note.",
  ].join("\n\n");
  const { page, reply } = await answer(openChat, text);
  await reply.locator(".formula--display .katex").waitFor();
  await page.emulateMedia({ media: "print" });
  // A4 without its margins.
  await page.setViewportSize({ width: 718, height: 1_000 });
  await page.evaluate(() => void dispatchEvent(new Event("beforeprint")));
  expect(await reply.locator("pre").innerText()).toContain("const value399");
  expect(await reply.getByText("folded words").evaluate((element) => element.checkVisibility())).toBe(true);
  const shown = await reply.innerText();
  expect(shown).not.toContain("↩");
  expect(shown).not.toContain("Load image");
  expect(shown).toContain("a cat");
  const cutOff = await reply.evaluate((article) => {
    const { right } = article.getBoundingClientRect();
    const drawn = [...article.querySelectorAll<HTMLElement>(".prose *:not(.katex-mathml, .katex-mathml *)")];
    return drawn
      .filter(
        (element) => element.getClientRects().length > 0 && element.getBoundingClientRect().right > right + 1,
      )
      .map(({ className, textContent }) => `${className}: ${textContent.slice(0, 40)}`);
  });
  expect(cutOff).toEqual([]);
});

longTest(
  "Arabic stands on the right, with its bullets and columns, and code on the left",
  async ({ openChat }) => {
    const text =
      "مرحبا بالعالم\n\n- عنصر\n- OpenAI هي شركة كبيرة\n\n| الاسم | القيمة |\n| --- | --- |\n| واحد | 1 |\n\nEnglish again\n\n```\ncode\n```";
    const { reply } = await answer(openChat, text);
    const direction = (selector: string) =>
      reply
        .locator(selector)
        .first()
        .evaluate((element) => getComputedStyle(element).direction);
    expect(await direction("ul")).toBe("rtl");
    expect(await direction("table")).toBe("rtl");
    expect(await direction("pre")).toBe("ltr");
    const edges = await reply.locator(".prose > p, .prose li p").evaluateAll((paragraphs) =>
      paragraphs.map((paragraph) => {
        const range = document.createRange();
        range.selectNodeContents(paragraph);
        const [text, box] = [range.getBoundingClientRect(), paragraph.getBoundingClientRect()];
        return text.left - box.left > box.right - text.right ? "right" : "left";
      }),
    );
    expect(edges).toEqual(["right", "right", "right", "left"]);
  },
);

longTest("a link that names another host says where it leads", async ({ openChat }) => {
  const text = "[https://bank.example](https://evil.example/login) and [fine](https://example.com/)";
  const { reply } = await answer(openChat, text);
  expect((await reply.locator("p").first().innerText()).trim()).toBe(
    "https://bank.example (evil.example) and fine",
  );
});

longTest("thoughts are folded, and are Markdown when they are unfolded", async ({ openChat }) => {
  const tab = await openChat(chat.server);
  chat.bedrock.script({
    name: "stall",
    text: "Done thinking about it",
    reasoning: "First *this*, then that.",
  });
  await tab.send("Think");
  const reply = await tab.reply(0);
  await reply.getByText("Reasoning").click();
  expect(await reply.locator(".reasoning em").innerText()).toBe("this");
  chat.bedrock.release();
  await tab.reply(0, "complete");
});

test("nothing of this is loaded before it is needed", async ({ openChat }) => {
  const tab = await openChat(chat.server);
  const loaded = () =>
    tab.page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .map(({ name }) => name)
        .filter((name) => /katex|diagrams/i.test(name)),
    );
  chat.bedrock.script({ name: "ok", text: "**Plain** words for $5" });
  await tab.ask("Plain");
  expect(await loaded()).toEqual([]);
  chat.bedrock.script({ name: "ok", text: "$x$" });
  await (await tab.ask("A formula")).locator(".katex").waitFor();
  expect((await loaded()).length).toBeGreaterThan(0);
});
