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
  const page = await browser.newPage({ serviceWorkers: "block" });
  const responses: Response[] = [];
  page.on("response", (response) => responses.push(response));
  await page.goto(server.url, { waitUntil: "commit" });
  await page.locator("[data-hydrated] #message").press("a");
  const scripts = responses.filter((response) => response.request().resourceType() === "script");
  const sizes = await Promise.all(scripts.map(async (script) => gzipSync(await script.body()).length));
  await page.close();
  const requests = responses.filter((response) => response.url().startsWith("http"));
  // The page, its style sheet, the manifest, two large files, three entry points, and one that hydration asks for.
  expect(requests.map((response) => response.url()).length).toBeLessThanOrEqual(10);
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(170_000);
});
