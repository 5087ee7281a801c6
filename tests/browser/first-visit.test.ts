import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";
import { watchUntilTyping } from "../fixtures/browser/until-typing";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer();
});
afterAll(() => server.stop());

test("until one can type, a first visit makes few requests and loads little code", async ({ browser }) => {
  const page = await browser.newPage({ serviceWorkers: "block", viewport: { width: 390, height: 844 } });
  // The texts that are loaded later: without them, a text that the first view lacks would show its key.
  await page.route(/\/en-[^/]*\.js$/, (route) => route.abort());
  const readLoaded = await watchUntilTyping(page);
  await page.goto(server.url, { waitUntil: "commit" });
  await page.locator("[data-hydrated] #message").press("a");
  const { requests, scriptBytes } = await readLoaded();
  expect(await page.locator("body").innerHTML()).not.toMatch(/[>"][a-z]+\.[a-z]+[A-Za-z]*[<"]/);
  await page.close();
  // The page, a style sheet, the manifest, the two large files, two entry points, and room for two more.
  expect(requests.length, requests.join("\n")).toBeLessThanOrEqual(9);
  // A static import of the virtualizer alone would exceed the budget by 10 KB, of the keyring by 15.
  expect(scriptBytes).toBeLessThanOrEqual(150_000);
});
