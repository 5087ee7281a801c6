import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { branchTo } from "~/conversation/session/branch";
import { answerAsDemo } from "~/model/demo/demo-answer";
import { longTest, test, type OpenChat } from "../fixtures/browser/browser-test";
import type { ChatPage } from "../fixtures/browser/chat-page";
import { startCluster, type Cluster, type ClusterNode } from "../fixtures/cluster";
import { textOf } from "../fixtures/session-api";
import { shrinkages, watchReply, type Sight } from "../fixtures/replies/watch-reply";

const LONG = "Tell me a long story.";
const expectErrors = [/Failed to load resource/];
let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ env: { DEMO_TOKENS_PER_SECOND: "50" } });
});
afterEach(async () => {
  for (const node of cluster.nodes) if (node.state === "frozen") await node.thaw();
  await Promise.all(cluster.nodes.filter(({ state }) => state === "stopped").map((node) => node.start()));
  cluster.lead();
});
afterAll(() => cluster.stop());

type Watched = { chat: ChatPage; sights: Sight[] };

/** A reply that is being written, in one tab that listens to its runner and one that listens to another node. */
async function twoTabsInMidReply(
  openChat: OpenChat,
): Promise<{ runner: ClusterNode; replyId: string; tabs: Watched[] }> {
  const [one, two] = cluster.nodes;
  cluster.lead(one!);
  const first = await openChat(cluster, { expectErrors });
  await first.ask("Hello");
  cluster.lead(two!);
  const second = await openChat(cluster, { beside: first, expectErrors });
  await second.reply(0, "complete");
  const tabs = await Promise.all(
    [first, second].map(async (chat): Promise<Watched> => ({ chat, sights: await watchReply(chat) })),
  );
  for (const { sights } of tabs) sights.length = 0;
  cluster.lead(one!);
  await first.send(LONG);
  await first.replyOfLength(1, 100);
  const { reply } = await first.stored();
  await Promise.all(tabs.map(({ chat }) => chat.replyOfLength(1, 200)));
  return { runner: cluster.node(reply!.node!), replyId: reply!.id, tabs };
}

async function expectTheWholeAnswer(tabs: readonly Watched[]): Promise<void> {
  for (const { chat, sights } of tabs) {
    const complete = chat.replies.nth(1).and(chat.page.locator('[data-status="complete"]'));
    await complete.waitFor({ timeout: 45_000 });
    expect(shrinkages(sights)).toEqual([]);
  }
  const [first, second] = tabs.map(({ chat }) => chat);
  expect(await first!.replies.allInnerTexts()).toEqual(await second!.replies.allInnerTexts());
  const { messages } = await first!.stored();
  expect(messages).toHaveLength(4);
  const whole = answerAsDemo(branchTo(messages, messages[2]!.id)).text;
  expect(textOf(messages[3])).toBe(whole);
}

test("kill -9 of the node that writes: the text goes on to its end in every tab", async ({ openChat }) => {
  const { runner, tabs } = await twoTabsInMidReply(openChat);
  expect(runner.name).toBe("node-1");
  cluster.lead();
  await runner.kill();
  await expectTheWholeAnswer(tabs);
});

longTest(
  "the same when it freezes, also for a tab that listens to it; thawing changes nothing",
  async ({ openChat }) => {
    const { runner, replyId, tabs } = await twoTabsInMidReply(openChat);
    await runner.freeze();
    cluster.lead(...cluster.nodes.filter((node) => node !== runner));
    await expectTheWholeAnswer(tabs);

    const before = await tabs[0]!.chat.stored();
    await runner.thaw();
    await runner.said(new RegExp(`${replyId}.*the reply was superseded`));
    expect(await tabs[0]!.chat.stored()).toEqual(before);
    expect(cluster.output().match(new RegExp(`${replyId}.*the reply has settled`, "g"))).toHaveLength(1);
    for (const { sights } of tabs) expect(shrinkages(sights)).toEqual([]);
  },
);
