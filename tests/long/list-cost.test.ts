import type { CDPSession } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test, type OpenChat } from "../fixtures/browser/browser-test";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
});
afterAll(() => server.stop());

/** Processor time of the page's main thread in seconds, for a short answer, for typing, and for pinning it. */
async function costsWith(openChat: OpenChat, conversations: number) {
  const chat = await openChat(server);
  const { page } = chat;
  await page.evaluate((many) => {
    const list = Array.from({ length: many }, (_, index) => ({
      id: String(index).padEnd(22, "-"),
      title: `Number ${index}`,
      updatedAt: new Date(Date.now() - (index + 1) * 3_600_000).toISOString(),
    }));
    localStorage.setItem("holdfast.conversations", JSON.stringify(list));
  }, conversations);
  await chat.refresh();
  await chat.ask("Hello");
  await chat.ask("Hello");
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  const cost = async (act: () => Promise<unknown>) => {
    const before = await busySeconds(cdp);
    for (let time = 0; time < 5; time++) await act();
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
    return (await busySeconds(cdp)) - before;
  };
  const costs = {
    answer: await cost(() => chat.ask("Hello")),
    typing: await cost(() => chat.composer.pressSequentially("A line of words")),
    pinning: await cost(async () => {
      await chat.choose((await page.getByText("Pinned").count()) > 0 ? "Unpin" : "Pin");
    }),
  };
  await page.context().close();
  return costs;
}

async function busySeconds(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")!.value;
}

test("an answer, typing and a pin cost the same with 20 conversations and with 10,000", async ({
  openChat,
}) => {
  const few = await costsWith(openChat, 20);
  const many = await costsWith(openChat, 10_000);
  for (const kind of ["answer", "typing", "pinning"] as const) {
    expect(many[kind] / few[kind], `${kind}: ${many[kind]} s beside ${few[kind]} s`).toBeLessThan(2);
  }
});
