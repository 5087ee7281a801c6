import { statSync } from "node:fs";
import type { BrowserContextOptions } from "playwright-core";
import { startAppServer } from "./fixtures/app-server.ts";
import { chatPage } from "./fixtures/browser/chat-page.ts";
import { launchChromium } from "./fixtures/browser/chromium.ts";
import { shortConversation } from "./fixtures/short-conversation.ts";

/**
 * `npm run screenshot`: takes the README's picture, of the build as it is: a wide screen in light colours, beside it
 * a phone in dark ones.
 */
const file = new URL("../public/screenshot.png", import.meta.url).pathname;
const others = [
  "Plan a three-day hike",
  "What makes a good apology?",
  "Tea, coffee and cocoa",
  "Bread without an oven",
];
const question = "Three nodes, no database. Where is our conversation, and what if one of them dies?";
const answer = `In **one file** that all nodes share. A commit gives the next revision its name, and \`link()\` fails if another node was first:

\`\`\`ts
await volume.write(temporary, revision);
await volume.link(temporary, "0000000042.json"); // never overwrites
\`\`\`

| What happens | What you see | What is kept |
| --- | --- | --- |
| You reload the page | The answer goes on | Everything |
| A node dies | A short pause | Every word that you saw |
| You go offline | The conversation, as it was | What you type |

With $n$ nodes, the other $n - 1$ go on from the last word.`;
const wide: BrowserContextOptions = { viewport: { width: 1440, height: 900 }, colorScheme: "light" };
const phone: BrowserContextOptions = { viewport: { width: 360, height: 720 }, colorScheme: "dark" };

const server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000", NODE_NAME: "node-1" } });
const browser = await launchChromium();
try {
  const pictures = [await picture(wide), await picture(phone)];
  const page = await browser.newPage({ viewport: { width: 1440, height: 828 } });
  await page.setContent(montage(pictures.map((png) => `data:image/png;base64,${png.toString("base64")}`)));
  await page.screenshot({ path: file });
  console.log(`${file}: ${Math.round(statSync(file).size / 1000)} KB`);
} finally {
  await browser.close();
  await server.stop();
}

async function picture(options: BrowserContextOptions): Promise<Buffer> {
  const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
  const page = await context.newPage();
  const chat = chatPage(page, server.url);
  await chat.open();
  for (const title of others)
    await chat.importFile("old.json", JSON.stringify(shortConversation(title, title, title)));
  await chat.importFile(
    "it.json",
    JSON.stringify(shortConversation("Where words are kept", question, answer)),
  );
  await chat.replies.last().locator(".katex").first().waitFor();
  await chat.replies.last().locator("pre span").first().waitFor();
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.fonts.ready);
  return page.screenshot({ animations: "disabled", caret: "hide" });
}

function montage([screen, phone]: string[]): string {
  return `<style>
    body { margin: 0; height: 100vh; background: linear-gradient(#e6eeed, #cfdedc) }
    img { position: absolute; box-shadow: 0 12px 40px #0004 }
    .screen { left: 40px; top: 76px; width: 1080px; border-radius: 12px }
    .phone { right: 40px; top: 140px; width: 282px; border-radius: 28px; border: 7px solid #111 }
  </style><img class="screen" src="${screen}"><img class="phone" src="${phone}">`;
}
