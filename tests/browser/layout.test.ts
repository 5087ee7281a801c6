import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, test } from "../fixtures/browser/browser-test";
import { overflowing } from "../fixtures/browser/overflow";
import { backgroundLuminance, unreadableText } from "../fixtures/browser/readability";
import { longVariants } from "../fixtures/variants";
import { PHONE, WIDE } from "../fixtures/browser/screens";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
});
afterAll(() => server.stop());

test("nothing is wider than a phone, and the composer is in sight", async ({ openChat }) => {
  const chat = await openChat(server, { context: PHONE });
  await expectFits(chat.page);
  await chat.ask("Show me a table");
  await chat.ask("Show me some code");
  await chat.ask(`${"unbreakable".repeat(30)} https://example.com/${"path/".repeat(40)}`);
  await expectFits(chat.page);
  const box = (await chat.composer.boundingBox())!;
  expect(box.y).toBeGreaterThan(0);
  expect(box.y + box.height).toBeLessThanOrEqual(740);
  // What was said last is in sight as well, not below the fold.
  expect((await chat.replies.last().boundingBox())!.y).toBeLessThan(box.y);
  await chat.composer.fill("What is written has the whole width, not what the buttons leave of it.");
  expect((await chat.composer.boundingBox())!.width).toBeGreaterThan(0.85 * PHONE.viewport.width);
});

longTest(
  "on a short screen the greeting is read from its beginning, and nothing jumps",
  async ({ openChat }) => {
    const { page, emptyState, refresh } = await openChat(server, {
      context: { viewport: { width: 360, height: 420 } },
    });
    const scroller = page.locator(".conversation__scroller");
    const tops = () =>
      scroller.evaluate(({ scrollTop, scrollHeight, clientHeight }) => ({
        top: scrollTop,
        isTooHigh: scrollHeight > clientHeight,
      }));
    await emptyState.waitFor();
    await refresh();
    await emptyState.waitFor();
    expect(await tops()).toEqual({ top: 0, isTooHigh: true });
    await page.setViewportSize({ width: 360, height: 400 });
    expect(await tops()).toEqual({ top: 0, isTooHigh: true });
    await scroller.evaluate((element) => element.scrollTo(0, 99));
    await scroller.evaluate((element) => element.scrollTo(0, 0));
    expect(await page.locator(".jump").count()).toBe(0);
  },
);

longTest(
  "the conversations are in a drawer on a phone, and beside the chat on a wide screen",
  async ({ openChat }) => {
    const chat = await openChat(server, { context: PHONE });
    await chat.ask("A talk about lighthouses");
    expect(await chat.conversations.isVisible()).toBe(false);
    await chat.openDrawer();
    await chat.conversations.waitFor();
    await expectFits(chat.page);
    await chat.drawer.getByRole("button", { name: "New conversation" }).click();
    await chat.emptyState.waitFor();
    await chat.conversations.waitFor({ state: "hidden" });

    await chat.openDrawer();
    await chat.conversations.getByText("A talk about lighthouses").click();
    await chat.mine.filter({ hasText: "A talk about lighthouses" }).waitFor();

    const wide = await openChat(server, { context: WIDE });
    await wide.conversations.waitFor();
    await expectFits(wide.page);
  },
);

describe.each(
  longVariants([
    ["dark", (luminance: number) => luminance < 0.1],
    ["light", (luminance: number) => luminance > 0.8],
  ]),
)("on a system set to %s", (colorScheme, isRight) => {
  test("the page is of that kind, and all its text is readable", async ({ openChat }) => {
    const chat = await openChat(server, { context: { colorScheme } });
    expect(await unreadableText(chat.page)).toEqual([]);
    await chat.ask("Show me a table");
    await chat.ask("Show me some code");
    // Colours for code are loaded when there is code.
    await chat.replies.last().locator("pre .hljs-keyword").first().waitFor();
    expect(await backgroundLuminance(chat.page)).toSatisfy(isRight);
    expect(await unreadableText(chat.page)).toEqual([]);
    await chat.deleteConversation();
    expect(await unreadableText(chat.page)).toEqual([]);
  });
});

async function expectFits(page: Page): Promise<void> {
  expect(await overflowing(page)).toEqual([]);
}
