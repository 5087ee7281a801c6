import { gzipSync } from "node:zlib";
import type { Response } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser-test";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer();
});
afterAll(() => server.stop());

test("until one can type, a first visit makes few requests and loads little code", async ({ browser }) => {
  const page = await browser.newPage({ serviceWorkers: "block", viewport: { width: 390, height: 844 } });
  const responses: Response[] = [];
  page.on("response", (response) => responses.push(response));
  await page.addInitScript(() => {
    const observer = new MutationObserver(() => {
      if (document.querySelector("[data-hydrated] #message")) performance.mark("can type");
    });
    observer.observe(document, { subtree: true, attributes: true, childList: true });
  });
  await page.goto(server.url, { waitUntil: "commit" });
  await page.locator("[data-hydrated] #message").press("a");
  const before = await page.evaluate(() => {
    const [{ startTime }] = performance.getEntriesByName("can type") as [PerformanceEntry];
    const resources = performance.getEntriesByType("resource");
    return resources.filter((resource) => resource.startTime < startTime).map(({ name }) => name);
  });
  const scripts = responses.filter(
    (response) => /\.js$/.test(response.url()) && before.includes(response.url()),
  );
  const sizes = await Promise.all(scripts.map(async (script) => gzipSync(await script.body()).length));
  await page.close();
  const requested = before.filter((url) => url.startsWith("http"));
  // A style sheet, the manifest, the two large files, and two entry points.
  expect(requested.length, requested.join("\n")).toBeLessThanOrEqual(8);
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(150_000);
});
