import type { Browser } from "playwright-core";
import { watchUntilTyping } from "../../fixtures/browser/until-typing.ts";
import { median } from "../statistics.ts";
import { blockingTime, cpuTime, traceMainThread } from "./main-thread.ts";

/** Slow 4G, as Lighthouse has it. */
const SLOW_4G = { latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
const UNLIMITED = { downloadThroughput: -1, uploadThroughput: -1 };
export const SLOWER_CPU = 4;

export type FirstVisit = {
  requests: number;
  /** Code that has come until one can type. */
  scriptKb: number;
  /** One after the other, until one can type. */
  roundTrips: number;
  readyMs: number;
  paintMs: number;
  cpuMs: number;
  blockingMs: number;
};

/** The medians of visits to each page, in turn: what else the machine does meets all of them. */
export async function firstVisits(
  browser: Browser,
  urls: readonly string[],
  turns: number,
): Promise<FirstVisit[]> {
  const seen = urls.map((): FirstVisit[] => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, url] of urls.entries()) seen[index]!.push(await firstVisit(browser, url));
  }
  return seen.map((visits) => {
    const of = (key: keyof FirstVisit) => median(visits.map((visit) => visit[key]));
    return {
      requests: of("requests"),
      scriptKb: of("scriptKb"),
      roundTrips: of("roundTrips"),
      readyMs: of("readyMs"),
      paintMs: of("paintMs"),
      cpuMs: of("cpuMs"),
      blockingMs: of("blockingMs"),
    };
  });
}

async function firstVisit(browser: Browser, url: string): Promise<FirstVisit> {
  const [near, far] = [
    await visit(browser, url, { latency: 1_000, ...UNLIMITED }, 1),
    await visit(browser, url, { latency: 2_000, ...UNLIMITED }, 1),
  ];
  const { readyMs, ...rest } = await visit(browser, url, SLOW_4G, SLOWER_CPU);
  return { readyMs, ...rest, roundTrips: Math.round((far.readyMs - near.readyMs) / 1_000) };
}

type Network = { latency: number; downloadThroughput: number; uploadThroughput: number };

async function visit(
  browser: Browser,
  url: string,
  network: Network,
  cpuRate: number,
): Promise<Omit<FirstVisit, "roundTrips">> {
  const context = await browser.newContext({
    viewport: { width: 412, height: 823 },
    serviceWorkers: "block",
  });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", { offline: false, ...network });
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: cpuRate });
  const readLoaded = await watchUntilTyping(page);
  const thread = await traceMainThread(browser, page, async () => {
    await page.goto(url, { waitUntil: "commit" });
    await page.locator("[data-hydrated] #message").waitFor();
  });
  const { at: readyMs, requests, scriptBytes } = await readLoaded();
  const paintMs = await page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
  );
  await context.close();
  return {
    requests: requests.length,
    scriptKb: scriptBytes / 1_000,
    readyMs,
    paintMs,
    cpuMs: cpuTime(thread),
    blockingMs: blockingTime(thread),
  };
}
