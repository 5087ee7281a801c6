import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { startAppServer } from "./fixtures/app-server.ts";
import { chatPage, type ChatPage } from "./fixtures/browser/chat-page.ts";
import { launchChromium } from "./fixtures/browser/chromium.ts";
import { startToolStage, type ToolStage } from "./fixtures/models/tool-stage.ts";

/**
 * `npm run screenshot:tools <folder>`: pictures of every state of a tool's card, of the queue, of sources and of the panel
 * of artifacts, narrow and wide, light and dark, for a person to look at.
 */
const folder = process.argv[2] ?? "tests/.artifacts/tools";
mkdirSync(folder, { recursive: true });

const HTML = `{{Here it is:

\`\`\`html
<!doctype html>
<style>body { font: 20px system-ui; padding: 2rem; background: #e6f2f0 } b { color: #14787f }</style>
<h1>Three-day hike</h1><p>Day one: <b>14 km</b>, 800 m up.</p>
\`\`\`
}}`;

type Scene = (chat: ChatPage, stage: ToolStage) => Promise<void>;

const card = (page: Page, name: string) => page.getByRole("region", { name });

async function open(page: Page, ...names: string[]) {
  for (const name of names) await card(page, name).getByText("Details").click();
}

const ended = (page: Page) => page.getByText("That is all there is to say").first().waitFor();

const SCENES: Readonly<Record<string, Scene>> = {
  async done({ page, send }) {
    await send("Look at all of it: [files_picture] [files_numbers] [files_report] [files_search]");
    await ended(page);
    await open(page, "Picture", "Numbers");
    await card(page, "Picture").locator("img").waitFor();
  },
  async failed({ page, send }) {
    await send("Try it [files_broken] [free_write!] [files_nothing]");
    await ended(page);
    await open(page, "Broken", "Write", "Nothing");
  },
  async approval({ page, send }) {
    await send("Write it down [files_write]");
    await card(page, "Write").getByText("Needs your approval").waitFor();
  },
  async editing({ page, send }) {
    await send("Write it down [files_write]");
    await card(page, "Write").getByRole("button", { name: "Edit arguments" }).click();
    await card(page, "Write").getByRole("textbox").fill('{ "path": "notes/tomorrow.md", ');
  },
  async approved({ page, send }) {
    await send("Write it down [files_write]");
    await card(page, "Write").getByRole("button", { name: "Allow", exact: true }).click();
    await ended(page);
  },
  async denied({ page, send }) {
    await send("Write it down [files_write]");
    await card(page, "Write").getByRole("button", { name: "Deny" }).click();
    await ended(page);
    await open(page, "Write");
  },
  async progress({ page, send }) {
    await send("Read on [files_slow]");
    await card(page, "Slow").getByText("Reading page 3 of 8").waitFor();
  },
  async unknown({ page, send }) {
    await send("Send it [free_lost]");
    await card(page, "Lost").getByText("Outcome unknown").waitFor();
  },
  async stopped({ page, send, button }) {
    await send("Read on [free_slow]");
    await card(page, "Slow").getByText("Reading page 3 of 8").waitFor();
    await button("Stop").click();
    await card(page, "Slow").getByText("Outcome unknown").waitFor();
  },
  async limit({ page, send }) {
    await send("Count on [again]");
    await card(page, "Numbers").nth(18).waitFor();
    await page.locator('[data-status="failed"], [data-status="complete"]').last().waitFor();
  },
  async queue({ page, composer, send, button }) {
    await send("Read on [files_slow]");
    await card(page, "Slow").getByText("Reading page 3 of 8").waitFor();
    for (const text of [
      "And then the second part",
      "Then write a summary for the people who stayed at home",
    ]) {
      await composer.fill(text);
      await button("Send after this answer").click();
      await page.getByRole("listitem").filter({ hasText: text }).waitFor();
    }
  },
  async paused({ page, composer, send, button }) {
    await send("Read on [files_slow]");
    await card(page, "Slow").getByText("Reading page 3 of 8").waitFor();
    await composer.fill("And then the second part");
    await button("Send after this answer").click();
    await page.getByRole("button", { name: "Stop and pause waiting messages" }).click();
    await page.getByText("is paused").waitFor();
  },
  async artifact({ page, send }) {
    await send(`Draw it ${HTML}`);
    await page
      .getByRole("button", { name: /open|preview/i })
      .first()
      .click();
    await page.getByRole("complementary", { name: "Preview" }).waitFor();
  },
  async menu({ page }) {
    await page.getByRole("button", { name: "Tools", exact: true }).click();
    await page.getByRole("menuitemcheckbox", { name: "gone" }).waitFor();
  },
};

const SIZES = { phone: { width: 390, height: 844 }, wide: { width: 1280, height: 800 } };

const stage = await startToolStage();
const server = await startAppServer({ env: { ...stage.env, LIMIT_SESSION_MESSAGES_PER_MINUTE: "1000" } });
const browser = await launchChromium();
const wanted = process.argv.slice(3);
try {
  for (const [name, scene] of Object.entries(SCENES)) {
    if (wanted.length === 0 || wanted.includes(name)) await pictures(name, scene);
  }
} finally {
  await browser.close();
  await server.stop();
  await stage.close();
}

/** Plays a scene once, and takes it in each size and colour. */
async function pictures(name: string, scene: Scene) {
  const context = await browser.newContext({ viewport: SIZES.wide, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const chat = chatPage(page, server.url);
  try {
    await chat.open();
    await scene(chat, stage);
  } catch (error) {
    console.error(`${name}: ${String(error)}`);
  }
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.fonts.ready);
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const path = join(folder, `${name}-${size}-${colorScheme}.png`);
      await page.screenshot({ path, animations: "disabled", caret: "hide" });
    }
  }
  stage.release();
  await context.close();
}
