import { setTimeout as delay } from "node:timers/promises";
import type { Browser, CDPSession, Page } from "playwright-core";
import { longConversation, putConversation } from "../../fixtures/long-conversation.ts";
import { quantile } from "../statistics.ts";
import { SLOWER_CPU } from "./first-visit.ts";
import { cpuTime, frameCosts, keyCosts, traceMainThread } from "./main-thread.ts";

const BUSY_OVER_MS = 4_000;
const TYPED_OVER_MS = 4_000;
const KEY_EVERY_MS = 80;
const WHEELS = 60;
const WHEEL_PX = 400;

/** Times are processor time of the main thread, of the slower processor except for `busyShare`. */
export type ConversationCosts = {
  nodes: number;
  heapMb: number;
  /** p95 of a key. */
  keyMs: number;
  /** The same while an answer streams. */
  keyInStreamMs: number;
  busyShare: number;
  /** p95 of a frame. */
  frameMs: number;
};

export async function conversationCosts(
  browser: Browser,
  url: string,
  messages: number,
): Promise<ConversationCosts> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await openConversation(page, url, messages);
  const cdp = await context.newCDPSession(page);
  await cdp.send("Performance.enable");
  await cdp.send("HeapProfiler.collectGarbage");
  const { metrics } = await cdp.send("Performance.getMetrics");
  const heapMb = metrics.find(({ name }) => name === "JSHeapUsedSize")!.value / 1_000_000;
  const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
  const frameMs = await slowly(cdp, () => scrollingCost(browser, page));
  await page.locator("#message").click();
  const keyMs = await slowly(cdp, () => typingCost(browser, page));

  await ask(page);
  const busy = await traceMainThread(browser, page, async () => {
    await delay(BUSY_OVER_MS);
    await stillAnswering(page);
  });
  await stop(page);
  await ask(page);
  const keyInStreamMs = await slowly(cdp, () => typingCost(browser, page, () => stillAnswering(page)));
  await context.close();
  return { nodes, heapMb, frameMs, keyMs, keyInStreamMs, busyShare: cpuTime(busy) / BUSY_OVER_MS };
}

async function openConversation(page: Page, url: string, messages: number): Promise<void> {
  const id = await putConversation(url, longConversation(messages));
  await page.addInitScript((kept) => {
    if (sessionStorage.getItem("holdfast.current")) return;
    sessionStorage.setItem("holdfast.current", kept);
    localStorage.setItem(
      "holdfast.conversations",
      JSON.stringify([{ id: kept, title: "Bench", updatedAt: new Date().toISOString(), saved: true }]),
    );
  }, id);
  await page.goto(url);
  await page.locator(`[data-index="${messages - 1}"] .prose`).waitFor();
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
}

const STREAMING = '[data-status="streaming"]';

async function ask(page: Page): Promise<void> {
  await page.locator("#message").fill("Tell me a long story");
  await page.keyboard.press("Enter");
  await page.locator(`${STREAMING} .prose`).waitFor();
}

async function stillAnswering(page: Page): Promise<void> {
  if ((await page.locator(STREAMING).count()) === 0) throw new Error("The answer ended too early.");
}

async function stop(page: Page): Promise<void> {
  const button = page.locator(".composer__button");
  if ((await page.locator(STREAMING).count()) > 0) await button.click();
  await page.locator(STREAMING).waitFor({ state: "detached" });
}

async function slowly<T>(cdp: CDPSession, act: () => Promise<T>): Promise<T> {
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: SLOWER_CPU });
  const result = await act();
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  return result;
}

/** Of keys in the field that has the focus. `atEnd` is called after the last one. */
async function typingCost(browser: Browser, page: Page, atEnd?: () => Promise<void>): Promise<number> {
  const thread = await traceMainThread(browser, page, async () => {
    const end = performance.now() + TYPED_OVER_MS;
    for (let key = 0; performance.now() < end; key++) {
      await page.keyboard.press("abcdefghij"[key % 10]!);
      // As fast as people get. To ask the page whether it has drawn would be work for it.
      await delay(KEY_EVERY_MS);
    }
    await atEnd?.();
  });
  return quantile(keyCosts(thread), 0.95);
}

/** Up through the conversation, by the wheel. */
async function scrollingCost(browser: Browser, page: Page): Promise<number> {
  await page.mouse.move(800, 400);
  const thread = await traceMainThread(browser, page, async () => {
    for (let turn = 0; turn < WHEELS; turn++) {
      await page.mouse.wheel(0, -WHEEL_PX);
      await delay(50);
    }
  });
  return quantile(frameCosts(thread), 0.95);
}
