import { afterAll, beforeAll, expect } from "vitest";
import { startBedrockChat } from "../fixtures/models/bedrock-chat";
import { test } from "../fixtures/browser/browser-test";
import { watchBlocks } from "../fixtures/browser/settled-blocks";
import { variants } from "../fixtures/variants";

let chat: Awaited<ReturnType<typeof startBedrockChat>>;

beforeAll(async () => {
  chat = await startBedrockChat();
});
afterAll(() => chat.stop());

const LONG_ANSWER = `## All of it

Some **bold** and *slanted* words, H<sub>2</sub>O, <kbd>Ctrl</kbd>, \`code\`, a price of $5 and $10, see [the docs] and [a page](https://example.com/).

- one with \\(x_1\\)
- two
  1. nested
  2. nested again
     - deeper

- three, after a blank line, which makes the list loose

Title of a kind
===

| a | b |
| --- | --- |
| $|x|$ | 2 |
| 3 | <br> |
| 5 | 6 |

\\[
\\sum_{n=1}^{\\infty}
+ \\frac{1}{n^2}
= \\frac{\\pi^2}{6}
\\]

<details>
<summary>More</summary>

It *is* folded.

</details>

\`\`\`ts
const a = 1;

function b(): number {
  return a;
}
\`\`\`

1. first
2. second

   with a second paragraph
3. third
   \`\`\`sh
   echo "in a list"
   \`\`\`

> A quote

- [x] done
- [ ] to do

Footnotes[^1] and **the end**.

[the docs]: https://example.com/docs

[^1]: A note.

Last words, so that all before is finished.`;

test.for(
  variants([
    ["words", undefined],
    ["letters", 1],
  ] as const),
)(
  "nothing that is finished moves or is drawn anew while it comes in %s",
  async ([, pieceLength], { openChat }) => {
    const tab = await openChat(chat.server);
    // KaTeX and its fonts are loaded by the first formula.
    chat.bedrock.script({ name: "ok", text: "\\(\\frac{a}{b} x_1 \\sum\\)" });
    await (await tab.ask("A formula")).locator(".katex").waitFor();

    const watch = await watchBlocks(tab.page);
    chat.bedrock.script({
      name: "paced",
      text: LONG_ANSWER,
      ...(pieceLength ? { pieceLength, gapMs: 4 } : { gapMs: 20 }),
    });
    const answer = await tab.ask("All of it");
    await answer.getByText("Last words").waitFor();
    const { finished, problems } = await watch.problems();
    expect(problems).toEqual([]);
    expect(finished).toBeGreaterThan(20);

    // And it has become what was meant.
    expect(await answer.locator(".katex").count()).toBe(3);
    expect(await answer.locator("li").count()).toBe(12);
    expect(await answer.locator("tbody tr").count()).toBe(3);
    expect(await answer.getByRole("link", { name: "the docs" }).getAttribute("href")).toBe(
      "https://example.com/docs",
    );
    expect(await answer.locator("details em").count()).toBe(1);
    expect(await answer.locator(".footnotes li").innerText()).toContain("A note.");
  },
);
