import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { longTest, test } from "../fixtures/browser/browser-test";
import { startCluster, type Cluster } from "../fixtures/cluster";
import { textOf, undisturbedAnswer } from "../fixtures/session-api";
import { shrinkages, watchReply } from "../fixtures/replies/watch-reply";
import { isPhone } from "../fixtures/browser/screens";

const LONG = "Tell me a long story.";
let cluster: Cluster;
let whole: string;

beforeAll(async () => {
  cluster = await startCluster({
    env: {
      DEMO_TOKENS_PER_SECOND: "50",
      MODELS: "demo/demo=First demo,demo/second=Second demo",
      SHOW_NODES: "on",
    },
  });
  whole = await undisturbedAnswer(cluster.url, LONG);
});
afterEach(() => cluster.lead());
afterAll(() => cluster.stop());

test("two tabs on two nodes show the same, whatever is done in which of them", async ({ openChat }) => {
  const [one, two] = cluster.nodes;
  cluster.lead(one!);
  const first = await openChat(cluster);
  await first.ask("Hello");
  cluster.lead(two!);
  const second = await openChat(cluster, { beside: first });
  await second.reply(0, "complete");
  if (!isPhone) {
    // On a phone it is in the drawer.
    expect(await first.nodeName.innerText()).toBe("Node node-1");
    expect(await second.nodeName.innerText()).toBe("Node node-2");
  }

  // Sent to the second node, while the first tab listens to the first.
  const sights = await watchReply(first);
  sights.length = 0;
  await second.send(LONG);
  await first.mine.filter({ hasText: LONG }).waitFor();
  await first.reply(1, "streaming");
  await Promise.all([first.reply(1, "complete"), second.reply(1, "complete")]);
  expect(await first.replies.allInnerTexts()).toEqual(await second.replies.allInnerTexts());
  expect(shrinkages(sights)).toEqual([]);
  expect(sights.length).toBeGreaterThan(5);

  cluster.lead(one!);
  await first.ask("And from the other side?");
  await second.reply(2, "complete");
  expect(await second.mine.allInnerTexts()).toEqual(await first.mine.allInnerTexts());

  cluster.lead(two!);
  await second.chooseModel("Second demo");
  await expect.poll(() => first.chosenModel()).toBe("Second demo");
  cluster.lead(one!);
  await second.deleteConversation();
  await first.emptyState.waitFor();
});

longTest("a title that is given on one node is seen on another", async ({ openChat }) => {
  const [one, two] = cluster.nodes;
  cluster.lead(one!);
  const chat = await openChat(cluster);
  await chat.ask("Hello");
  const renamed = await fetch(`${two!.url}/api/session`, {
    method: "PATCH",
    headers: { "X-Session-Id": await chat.sessionId(), "Content-Type": "application/json" },
    body: JSON.stringify({ title: "About greetings" }),
  });
  expect(renamed.ok).toBe(true);
  await chat.page.getByRole("heading", { name: "About greetings" }).waitFor();
});

longTest("conversations that are left on one node are taken from another, once", async ({ openChat }) => {
  const [one, two] = cluster.nodes;
  cluster.lead(one!);
  const chat = await openChat(cluster);
  await chat.ask("Hello");
  await chat.chooseInList("Hello", "Continue on another device…");
  await chat.button("Create link").click();
  const url = await chat.page.getByRole("textbox", { name: "Link for the other device" }).inputValue();
  cluster.lead(two!);
  const other = await openChat(cluster, { path: url });
  await other.page.getByRole("checkbox", { name: "I created this link myself" }).check();
  await other.button("Add conversations").click();
  await other.reply(0, "complete");
  expect(await other.sessionId()).toBe(await chat.sessionId());
  cluster.lead(one!);
  const late = await openChat(cluster, { path: url, expectErrors: [/4\d\d/] });
  await late.page.getByRole("checkbox", { name: "I created this link myself" }).check();
  await late.button("Add conversations").click();
  await late.page.getByRole("alert").waitFor();
});

test("Stop at one node and refresh at once from another: the text does not grow back", async ({
  openChat,
}) => {
  const [one, two, three] = cluster.nodes;
  cluster.lead(one!);
  const chat = await openChat(cluster);
  const sights = await watchReply(chat);
  await chat.send(LONG);
  await chat.replyOfLength(0, 200);

  cluster.lead(two!);
  const stopped = chat.page.waitForResponse((response) => response.url().endsWith("/api/session/stop"));
  await chat.button("Stop").click();
  expect((await stopped).headers()["x-node"]).toBe("node-2");
  cluster.lead(three!);
  await chat.refresh();
  await chat.reply(0, "stopped");
  expect(shrinkages(sights)).toEqual([]);

  const kept = textOf((await chat.stored()).messages[1]);
  expect(whole.startsWith(kept)).toBe(true);
  expect(kept.length).toBeLessThan(whole.length);
  const shown = await chat.replies.allInnerTexts();
  await one!.said(/"status":"stopped".*the reply has settled/);
  cluster.lead(one!);
  await chat.refresh();
  await chat.reply(0, "stopped");
  expect(await chat.replies.allInnerTexts()).toEqual(shown);
});

longTest(
  "offline in mid-reply the tab says so quietly, and online again it has all",
  async ({ openChat }) => {
    const chat = await openChat(cluster, { expectErrors: [/net::ERR_INTERNET_DISCONNECTED/] });
    const sights = await watchReply(chat);
    const notice = chat.page.getByText("Reconnecting…");
    await chat.send(LONG);
    await chat.replyOfLength(0, 200);
    expect(await notice.isVisible()).toBe(false);

    await chat.page.context().setOffline(true);
    await notice.waitFor();
    expect(await chat.page.getByRole("alert").count()).toBe(0);
    await chat.reply(0, "streaming");
    await chat.page.context().setOffline(false);
    await notice.waitFor({ state: "hidden" });
    await chat.reply(0, "complete");
    expect(shrinkages(sights)).toEqual([]);
    expect(textOf((await chat.stored()).messages[1])).toBe(whole);
    const shown = await chat.replies.allInnerTexts();
    await chat.refresh();
    await chat.reply(0, "complete");
    expect(await chat.replies.allInnerTexts()).toEqual(shown);
  },
);
