import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { startBedrockChat } from "../fixtures/bedrock-chat";
import { test } from "../fixtures/browser-test";

/** One of everything that the page draws in a way of its own. */
const EVERYTHING = String.raw`# A heading

| Left | Right |
| :--- | ----: |
| a    | b     |

Inline $\sqrt{x^2 + \vec{y}}$, and on its own:

$$
\boxed{\widehat{abc}} + \color{red}\frac{1}{2} + \overbrace{a+b}^{n} + \fcolorbox{red}{blue}{x}
$$

~~~ts
const answer: number = 42;
~~~

~~~mermaid
flowchart LR
  A[Begin] --> B[End]
~~~

![a picture](https://example.com/picture.png)

The end.`;

/** Needs no request: some versions of Chromium make none for a page that a test has answered. */
const PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==";

describe.each(["production", "dev"] as const)("the content policy of the %s page", (mode) => {
  let chatServer: Awaited<ReturnType<typeof startBedrockChat>>;
  beforeAll(async () => {
    chatServer = await startBedrockChat({ mode });
  });
  afterAll(() => chatServer.stop());

  test("lets a whole chat be drawn: table, formulas, code, diagram", async ({ openChat }) => {
    const chat = await openChat(chatServer.server);
    const violations = await tellViolations(chat.page);
    await chat.refresh();
    chatServer.bedrock.script({ name: "ok", text: EVERYTHING });
    const answer = await chat.ask("Draw everything");
    await answer.getByRole("table").waitFor();
    await answer.locator(".formula .katex").nth(1).waitFor();
    await answer.locator('img[src^="data:image/svg+xml"]').waitFor();
    await answer.getByText("The end.").waitFor();
    // And once more from the conversation's file.
    await chat.refresh();
    await chat.reply(0, "complete");
    await chat.replies.locator('img[src^="data:image/svg+xml"]').waitFor();
    // In signs that KaTeX sizes by a style attribute.
    const vector = chat.replies.locator(".katex svg[style]").first();
    expect(await vector.evaluate((sign: SVGElement) => sign.style.width)).toMatch(/em$/);
    expect(violations).toEqual([]);
  });

  test("keeps a script from running that got into the page all the same", async ({ openChat }) => {
    const refused = [/Content Security Policy/];
    const chat = await openChat(chatServer.server, { expectErrors: refused });
    const violations = await tellViolations(chat.page);
    await chat.page.route(`${chatServer.server.url}/`, async (route) => {
      const response = await route.fetch();
      const evil = `<script>window.harmed = "script"</script><img src="${PIXEL}" onload="window.harmed = 'onload'">
        <base href="https://example.com/"><style>body { color: red }</style>`;
      await route.fulfill({ response, body: `<!doctype html><body>${evil}</body>` });
    });
    await chat.page.goto(chatServer.server.url);
    await expect.poll(() => new Set(violations)).toContain("script-src-attr");
    await chat.page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.harmed = 'later script'";
      document.body.append(script);
      const link = document.createElement("a");
      link.href = "javascript:void (window.harmed = 'link')";
      document.body.append(link);
      link.click();
      const frame = document.createElement("iframe");
      frame.src = "https://example.com/frame";
      document.body.append(frame);
      void fetch("https://example.com/?secret").catch(() => undefined);
    });
    await expect.poll(() => new Set(violations)).toContain("connect-src");
    await expect.poll(() => new Set(violations)).toContain("frame-src");
    expect([...new Set(violations)].sort()).toEqual([
      "base-uri",
      "connect-src",
      "frame-src",
      "script-src-attr",
      "script-src-elem",
      "style-src-elem",
    ]);
    expect(await chat.page.evaluate(() => (window as { harmed?: string }).harmed)).toBeUndefined();
  });

  test("lets no other page put it into a frame", async ({ openChat }) => {
    const chat = await openChat(chatServer.server, {
      expectErrors: [/frame-ancestors|X-Frame-Options|chrome-error/i],
    });
    await chat.page.route("**/outside", (route) =>
      route.fulfill({ contentType: "text/html", body: `<iframe src="/"></iframe>` }),
    );
    await chat.page.goto(`${chatServer.server.url}/outside`);
    await expect.poll(() => chat.page.frames()[1]?.url()).toMatch(/^chrome-error:/);
  });
});

/** The directives that were violated, as the page meets them, from its next load on. */
async function tellViolations(page: Page): Promise<string[]> {
  const violations: string[] = [];
  await page.exposeFunction("tellViolation", (directive: string) => violations.push(directive));
  await page.addInitScript(() => {
    const { tellViolation } = globalThis as unknown as { tellViolation: (directive: string) => void };
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) =>
      tellViolation(effectiveDirective),
    );
  });
  return violations;
}
