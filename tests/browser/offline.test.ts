import { createServer, request as ask } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, test } from "../fixtures/browser/browser-test";
import { unreadableText } from "../fixtures/browser/readability";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "500" } });
});
afterAll(() => server.stop());

/** As a person's browser: other tests do without workers. */
const context = { serviceWorkers: "allow", viewport: { width: 360, height: 720 } } as const;
const expectErrors = [/ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to load resource/];

test("without a network the page opens on the conversation seen last, and what is written goes out once, later", async ({
  openChat,
}) => {
  const chat = await openChat(server, { context, expectErrors });
  const { page } = chat;
  await chat.ask("Show me a table");
  await chat.replies.first().locator("table").waitFor();
  const shown = await chat.replies.first().innerText();
  await isKept(page);
  await page.context().setOffline(true);
  await chat.refresh();
  await chat.reply(0, "complete");
  await expect.poll(() => chat.replies.first().innerText()).toBe(shown);
  await page.getByText("Offline. Showing the last saved version.").waitFor();
  expect(await unreadableText(page)).toEqual([]);

  await chat.send("Written on a train");
  await page.getByText("It is saved here and will be sent when you are back online.").waitFor();
  await chat.refresh();
  await page.getByText("It is saved here and will be sent when you are back online.").waitFor();
  await page.context().setOffline(false);
  await chat.reply(1, "complete");
  await page.getByText("Offline. Showing the last saved version.").waitFor({ state: "hidden" });
  const said = (await chat.stored()).messages.filter(({ role }) => role === "user");
  expect(said).toHaveLength(2);
});

longTest(
  "what waits in a conversation goes out while another is open, and the list marks it until then",
  async ({ openChat }) => {
    const wide = { ...context, viewport: { width: 1440, height: 900 } };
    const chat = await openChat(server, { context: wide, expectErrors });
    const { page } = chat;
    await chat.ask("Hello");
    await isKept(page);
    await page.context().setOffline(true);
    await chat.send("Written on a train");
    await page.getByText("It is saved here and will be sent when you are back online.").waitFor();
    await chat.startNew();
    const waiting = chat.conversations.getByRole("img", { name: "Not sent yet." });
    await waiting.waitFor();
    await chat.refresh();
    await waiting.waitFor();
    await page.context().setOffline(false);
    await waiting.waitFor({ state: "hidden" });
    await chat.openListed("Hello");
    await chat.reply(1, "complete");
  },
);

longTest(
  "Back and Forward go through the conversations without a network, and ask the server for nothing",
  async ({ openChat }) => {
    const chat = await openChat(server, { expectErrors });
    const { page } = chat;
    await chat.ask("Hello");
    await chat.startNew();
    await chat.ask("Good morning");
    const asked: string[] = [];
    page.on("request", (request) => {
      // The page may still fetch what it may need later.
      if (!/^\/(api|build)\//.test(new URL(request.url()).pathname)) asked.push(request.url());
    });
    await page.context().setOffline(true);
    await page.goBack();
    await chat.mine.filter({ hasText: "Hello" }).waitFor();
    await page.goForward();
    await chat.mine.filter({ hasText: "Good morning" }).waitFor();
    await page.context().setOffline(false);
    await chat.ask("And again");
    expect(await chat.questions.allInnerTexts()).toEqual(["Good morning", "And again"]);
    expect(asked).toEqual([]);
  },
);

test("what was deleted is not kept for later, and no request to the API nor any id is ever in the cache", async ({
  openChat,
}) => {
  const chat = await openChat(server, { context, expectErrors, clockAhead: 0 });
  const { page } = chat;
  await chat.ask("Hello");
  await isKept(page);
  const id = await chat.sessionId();
  const cached = await page.evaluate(async () => {
    const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
    const requests = (await Promise.all(caches_.map((cache) => cache.keys()))).flat();
    return requests.map(({ url, headers }) => `${new URL(url).pathname} ${[...headers].join()}`);
  });
  expect(cached.filter((entry) => !/^\/(build\/[\w./$-]+)? /.test(entry))).toEqual([]);
  expect(cached.join()).not.toContain(id);

  expect(await page.evaluate(() => localStorage.getItem("holdfast.lastSeen"))).toContain(id);
  await chat.deleteConversation();
  await page.clock.fastForward(11_000);
  await page.waitForFunction(() => localStorage.getItem("holdfast.lastSeen") === null);
});

longTest(
  "a new deployment is there at the next visit, whole, and can be opened without a network",
  async ({ openChat }) => {
    // The same build under other names, as a new one has them: what the old one named is gone.
    const deployment = await renamingProxy(server.url);
    const chat = await openChat({ url: deployment.url, output: () => "" }, { context, expectErrors });
    const { page } = chat;
    await isKept(page);
    const first = await builds(page);
    deployment.deploy("2");
    await chat.refresh();
    await page.waitForFunction(async (before) => (await caches.keys()).length > before.length, first);
    expect(await loadedFiles(page)).toContain("-r2.js");
    await chat.ask("Hello");
    deployment.deploy("3");
    await chat.refresh();
    await chat.reply(0, "complete");
    await page.waitForFunction(async (old) => !(await caches.keys()).includes(old), first[0]!);
    expect(await builds(page)).toHaveLength(2);
    await page.context().setOffline(true);
    await chat.refresh();
    await chat.reply(0, "complete");
    expect(await loadedFiles(page)).toContain("-r3.js");
    await page.context().close();
    await deployment.close();
  },
);

longTest(
  "the page can be installed: its manifest is whole, and its icons are there",
  async ({ openChat }) => {
    const { page } = await openChat(server);
    const href = await page.locator("link[rel=manifest]").getAttribute("href");
    const response = await fetch(new URL(href!, server.url));
    expect(response.headers.get("content-type")).toContain("application/manifest+json");
    const manifest = (await response.json()) as { display: string; icons: { src: string; sizes: string }[] };
    expect(manifest.display).toBe("standalone");
    for (const { src, sizes } of manifest.icons) {
      const size = await page.evaluate(async (url) => {
        const image = new Image();
        image.src = url;
        await image.decode();
        return `${String(image.naturalWidth)}x${String(image.naturalHeight)}`;
      }, src);
      if (sizes !== "any") expect(size).toBe(sizes);
    }
    const client = await page.context().newCDPSession(page);
    const { errors } = (await client.send("Page.getAppManifest")) as { errors: unknown[] };
    expect(errors).toEqual([]);
  },
);

function loadedFiles(page: Page): Promise<string> {
  return page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .map(({ name }) => name)
      .join(),
  );
}

function builds(page: Page): Promise<string[]> {
  return page.evaluate(() => caches.keys());
}

/** Settles once the worker has the page and the part that draws Markdown, which is loaded after the page. */
async function isKept(page: Page): Promise<void> {
  await page.waitForFunction(async () => {
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    const files = loaded.filter((name) => /\/build\/.*\.js$/.test(name));
    const kept = await Promise.all(["/", ...files].map((name) => caches.match(name)));
    return navigator.serviceWorker.controller !== null && kept.every((response) => response !== undefined);
  });
}

/** Serves the app as if its build had other names with each deployment: `root-ABC.js` is `root-ABC-r2.js`. */
async function renamingProxy(target: string) {
  let round = "1";
  const proxy = createServer((incoming, outgoing) => {
    const suffix = `-r${round}.js`;
    const path = incoming.url ?? "/";
    const isBuild = path.startsWith("/build/") && path.endsWith(".js");
    if (isBuild && !path.endsWith(suffix)) return void outgoing.writeHead(404).end();
    const headers = { ...incoming.headers, "accept-encoding": "identity" };
    const url = new URL(isBuild ? path.replace(suffix, ".js") : path, target);
    const passed = ask(url, { method: incoming.method, headers }, (answer) => {
      const isText =
        /text\/html|javascript/.test(answer.headers["content-type"] ?? "") && path !== "/service-worker.js";
      const { "content-length": length, ...rest } = answer.headers;
      outgoing.writeHead(
        answer.statusCode ?? 500,
        isText ? rest : { ...rest, ...(length && { "content-length": length }) },
      );
      if (!isText) return void answer.pipe(outgoing);
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.on("end", () =>
        outgoing.end(text.replaceAll(/((?:\/build|\.{1,2})\/[\w./$-]+?)\.js/g, `$1${suffix}`)),
      );
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`,
    deploy: (next: string) => (round = next),
    close() {
      proxy.closeAllConnections();
      return new Promise((resolve) => proxy.close(resolve));
    },
  };
}
