import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";
import { readSession } from "../fixtures/session-api";
import { startSigningProxy, type Unauthenticated } from "../fixtures/signing-proxy";

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "500", TRUSTED_HOPS: "1" } });
});
afterAll(() => server.stop());

test.for<Unauthenticated>(["deny", "authenticate"])(
  "signed out by the load balancer (%s), one signs in again without losing a word",
  async (unauthenticated, { openChat, onTestFinished }) => {
    const proxy = await startSigningProxy(server.url, () => unauthenticated);
    onTestFinished(proxy.close);
    const chat = await openChat(
      { ...server, url: proxy.url },
      {
        context: { serviceWorkers: "allow", viewport: { width: 390, height: 800 } },
        expectErrors: [/401|Failed to load resource|ERR_/],
        expectRequests: [new RegExp(`^${proxy.providerUrl}/`)],
      },
    );
    const { page } = chat;
    await chat.ask("Hello");
    await page.evaluate(() => navigator.serviceWorker.ready);

    proxy.expire();
    await chat.send("Written while signed out");
    const again = page.getByRole("button", { name: "Sign in again" });
    await again.waitFor();
    expect(await page.getByText("You have been signed out.").count()).toBe(1);
    await chat.composer.fill("Not sent yet");
    await again.click();

    await chat.reply(1, "complete");
    expect(await chat.composer.inputValue()).toBe("Not sent yet");
    expect(await again.count()).toBe(0);
    // Not through the proxy, which knows only the browser.
    const stored = await readSession(server.url, await chat.sessionId());
    const asked = stored?.messages.filter(({ role }) => role === "user") ?? [];
    expect(asked.map(({ parts }) => parts[0])).toMatchObject([
      { text: "Hello" },
      { text: "Written while signed out" },
    ]);
  },
);
