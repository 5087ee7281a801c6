import { afterAll, beforeAll, expect } from "vitest";
import { test } from "../fixtures/browser/browser-test";
import { startCluster, type Cluster } from "../fixtures/cluster";
import { setVisible } from "../fixtures/browser/tab-visibility";

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ env: { DEMO_TOKENS_PER_SECOND: "150" } });
});
afterAll(() => cluster.stop());

test("twelve tabs of one browser work, though it has six connections to a host", async ({ openChat }) => {
  const first = await openChat(cluster);
  await first.ask("Hello");
  const tabs = [first];
  while (tabs.length < 12) {
    await setVisible(tabs.at(-1)!.page, false);
    const tab = await openChat(cluster, { beside: first, inSameWindow: true });
    await tab.reply(0, "complete");
    tabs.push(tab);
  }

  const last = tabs.at(-1)!;
  await last.ask("Show me a table");
  await setVisible(last.page, false);
  for (const tab of tabs) {
    await setVisible(tab.page, true);
    await tab.reply(1, "complete");
    expect(await tab.replies.allInnerTexts()).toEqual(await last.replies.allInnerTexts());
    await setVisible(tab.page, false);
  }
});
