import { afterAll, beforeAll, expect } from "vitest";
import { test } from "../fixtures/browser/browser-test";
import type { ChatPage } from "../fixtures/browser/chat-page";
import { startCluster, type Cluster } from "../fixtures/cluster";
import { textOf, undisturbedAnswer } from "../fixtures/session-api";
import { shrinkages, watchReply } from "../fixtures/replies/watch-reply";

const QUESTION = "Tell me a long story.";
const TABS = 10;
let cluster: Cluster;
let whole: string;

beforeAll(async () => {
  cluster = await startCluster({ env: { DEMO_TOKENS_PER_SECOND: "120", DRAIN_SECONDS: "0" } });
  whole = await undisturbedAnswer(cluster.url, QUESTION);
});
afterAll(() => cluster.stop());

test(
  "a rolling restart of all nodes under ten chatting tabs loses nothing",
  { timeout: 120_000 },
  async ({ openChat }) => {
    const chats: ChatPage[] = [];
    while (chats.length < TABS) {
      // A browser each: in one they would share its six connections.
      chats.push(await openChat(cluster, { expectErrors: [/Failed to load resource/] }));
    }
    let isRolled = false;
    // The first replies begin at the node that is the first to go.
    cluster.lead(cluster.nodes[0]!);
    const chatting = chats.map(async (chat) => {
      const sights = await watchReply(chat);
      let asked = 0;
      do {
        sights.length = 0;
        await chat.send(QUESTION);
        await chat.reply(asked++, "complete");
        expect(shrinkages(sights)).toEqual([]);
      } while (!isRolled);
      return asked;
    });
    const roll = async () => {
      await Promise.race(chats.map((chat) => chat.replyOfLength(0, 20)));
      cluster.lead();
      await cluster.roll();
      isRolled = true;
    };
    const [asked] = await Promise.all([Promise.all(chatting), roll()]);

    for (const [index, chat] of chats.entries()) {
      const { messages } = await chat.stored();
      expect(messages).toHaveLength(2 * asked[index]!);
      for (const reply of messages.filter(({ role }) => role === "assistant")) {
        expect(reply.metadata).toMatchObject({ status: "complete" });
      }
      expect(textOf(messages[1])).toBe(whole);
      expect(await chat.mine.count()).toBe(asked[index]);
    }
    expect(cluster.output()).toMatch(/the reply was handed over/);
  },
);
