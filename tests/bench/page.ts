import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { CDPSession, Page } from "playwright-core";
import { startAppServer } from "../fixtures/app-server.ts";
import { launchChromium } from "../fixtures/chromium.ts";
import { longConversation, putConversation } from "../fixtures/long-conversation.ts";
import { load } from "./machine-facts.ts";
import { quantile } from "./statistics.ts";
import { printTable } from "./stream/table.ts";

/**
 * `npm run bench:page`: what the page costs a browser, in Chromium: with 2,000 messages, and beside it with 2, so
 * that what a long conversation adds can be told from what this machine is. The budgets are those of the
 * project; a peer published 121,000 nodes, 271 MB and 95 % busy at 300 messages.
 */
const TOKENS_PER_SECOND = 100;
const BUSY_OVER_MS = 4_000;
const KEYS = 120;
const KEY_EVERY_MS = 80;

type Costs = { nodes: number; heapMb: number; busyShare: number; typingMs: number };

const server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: String(TOKENS_PER_SECOND) } });
const browser = await launchChromium();
try {
  const script = await scriptBeforeTyping();
  const short = await costsOf(2);
  const long = await costsOf(2_000);
  const row = (what: string, budget: string, value: (costs: Costs) => number, digits = 0) => [
    what,
    budget,
    value(long).toFixed(digits),
    value(short).toFixed(digits),
    (value(long) / value(short)).toFixed(2),
  ];
  console.log(`node ${process.versions.node}, Chromium ${browser.version()}, load ${load()}`);
  printTable([
    ["", "at most", "2,000 messages", "2 messages", "ratio"],
    ["JavaScript before typing, KB gzip", "170", (script / 1_000).toFixed(1)],
    row("DOM nodes", "6,000", ({ nodes }) => nodes),
    row("JS heap, MB", "60", ({ heapMb }) => heapMb, 1),
    row(`main thread busy at ${TOKENS_PER_SECOND} tokens/s, %`, "20", ({ busyShare }) => busyShare * 100, 1),
    row("key to paint, CPU four times slower, p95 ms", "50", ({ typingMs }) => typingMs, 1),
  ]);
} finally {
  await browser.close();
  await server.stop();
}

/** What has to be there before a person can type: the modules that the page names, and theirs. */
async function scriptBeforeTyping(): Promise<number> {
  const html = await (await fetch(server.url)).text();
  const paths = new Set(
    [...html.matchAll(/(?:href|src|import)[=\s(]*"(\/build\/[^"]+\.js)"/g)].map(([, path]) => path!),
  );
  // Modules import others by name, which the page need not list.
  for (const path of paths) {
    const source = readFileSync(new URL(`../../public${path}`, import.meta.url), "utf8");
    for (const [, name] of source.matchAll(/(?:from|import)\s*"(\/build\/[^"]+\.js)"/g)) paths.add(name!);
  }
  return [...paths].map(sizeOf).reduce((sum, size) => sum + size, 0);
}

function sizeOf(path: string): number {
  return gzipSync(readFileSync(new URL(`../../public${path}`, import.meta.url))).length;
}

async function costsOf(messages: number): Promise<Costs> {
  const id = await putConversation(server.url, longConversation(messages));
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript((kept) => {
    if (localStorage.getItem("holdfast.current")) return;
    localStorage.setItem("holdfast.current", kept);
    localStorage.setItem(
      "holdfast.conversations",
      JSON.stringify([{ id: kept, title: "Bench", updatedAt: new Date().toISOString(), saved: true }]),
    );
  }, id);
  const cdp = await context.newCDPSession(page);
  // Processor time: what else runs on the machine is not the page's.
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.goto(server.url);
  await page.locator(`[data-index="${messages - 1}"] .prose`).waitFor();
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  await cdp.send("HeapProfiler.collectGarbage");
  const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
  const heapMb = (await metric(cdp, "JSHeapUsedSize")) / 1_000_000;

  const typingMs = await typingLatency(page, cdp);
  await page.locator("#message").fill("Tell me a long story");
  await page.keyboard.press("Enter");
  await page.locator('[data-status="streaming"] .prose').waitFor();
  const [busyBefore, from] = [await metric(cdp, "TaskDuration"), performance.now()];
  await delay(BUSY_OVER_MS);
  const busy = (await metric(cdp, "TaskDuration")) - busyBefore;
  const busyShare = busy / ((performance.now() - from) / 1_000);
  if ((await page.locator('[data-status="streaming"]').count()) === 0) {
    throw new Error("The reply ended before it was measured.");
  }
  await context.close();
  return { nodes, heapMb, busyShare, typingMs };
}

/** From a key to the frame that shows it, p95, with the processor slowed to a quarter. */
async function typingLatency(page: Page, cdp: CDPSession): Promise<number> {
  await page.locator("#message").click();
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(globalThis, { keyTimes: times });
    document.addEventListener(
      "keydown",
      (event) => {
        // After the frame's drawing: a task that is queued in it runs when it has been painted.
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => times.push(performance.now() - event.timeStamp);
          port2.postMessage(null);
        });
      },
      { capture: true },
    );
  });
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  for (let key = 0; key < KEYS; key++) {
    await page.keyboard.press("abcdefghij"[key % 10]!);
    // As fast as people get. To ask the page whether it has drawn would be work for it.
    await delay(KEY_EVERY_MS);
  }
  await page.waitForFunction(
    (count) => (globalThis as unknown as { keyTimes: number[] }).keyTimes.length === count,
    KEYS,
    { polling: 200 },
  );
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  const times = await page.evaluate(() => (globalThis as unknown as { keyTimes: number[] }).keyTimes);
  return quantile(times, 0.95);
}

async function metric(cdp: CDPSession, name: string): Promise<number> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return metrics.find((each) => each.name === name)!.value;
}
