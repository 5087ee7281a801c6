import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { SessionView } from "~/conversation/api";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { startCluster, type Cluster, type ClusterNode } from "../fixtures/cluster";
import { send, testNodes } from "../fixtures/replies/reply-nodes";
import { interceptedFileSystem } from "../fixtures/store/store-file-system";
import { readSession, textOf, undisturbedAnswer } from "../fixtures/session-api";
import { createSessionClient, type SessionClient } from "../fixtures/session-client";

const LONG = "Tell me a long story.";
let cluster: Cluster;
let whole: string;

beforeAll(async () => {
  cluster = await startCluster({ env: { DEMO_TOKENS_PER_SECOND: "150", DRAIN_SECONDS: "0" } });
  whole = await undisturbedAnswer(cluster.url, LONG);
});
afterEach(async () => {
  for (const node of cluster.nodes) {
    if (node.state === "frozen") await node.thaw();
    if (node.state === "stopped") await node.start();
  }
  cluster.lead();
});
afterAll(() => cluster.stop());

type Followed = { client: SessionClient; replyId: string; runner: ClusterNode; end: Promise<SessionView> };

/** A reply that the first node writes, and that somebody follows at the second. */
async function followedElsewhere(): Promise<Followed> {
  const [one, two] = cluster.nodes;
  const client = createSessionClient({ url: cluster.url, silenceMs: 12_000, requestMs: 12_000 });
  cluster.lead(one!);
  await client.send(LONG, null);
  const { reply } = await client.read();
  cluster.lead(two!);
  const inMidReply = Promise.withResolvers<void>();
  let chunks = 0;
  const end = client.followToEnd(() => {
    if (++chunks === 15) inMidReply.resolve();
    return "stay";
  });
  await inMidReply.promise;
  return { client, replyId: reply!.id, runner: cluster.node(reply!.node!), end };
}

async function expectTheWholeAnswer({ client, replyId, end }: Followed): Promise<SessionView> {
  const session = await end;
  expect(client.complaints).toEqual([]);
  expect(session.messages).toHaveLength(2);
  expect(session.messages[1]).toMatchObject({ metadata: { status: "complete" } });
  expect(textOf(session.messages[1])).toBe(whole);
  expect(cluster.logged(replyId, "the reply has settled")).toHaveLength(1);
  return session;
}

it("a frozen node's reply is written on by another, and when it thaws it changes nothing", async () => {
  const followed = await followedElsewhere();
  const { runner, replyId, client } = followed;
  await runner.freeze();
  const session = await expectTheWholeAnswer(followed);
  expect(cluster.logged(replyId, "took over")).toEqual([expect.stringContaining(`"from":"${runner.name}.`)]);

  await runner.thaw();
  await runner.said(new RegExp(`${replyId}.*the reply was superseded`));
  for (const node of cluster.nodes) expect(await readSession(node.url, client.sessionId)).toEqual(session);
  expect(cluster.logged(replyId, "the reply has settled")).toHaveLength(1);
});

it("a killed node's reply is written on as soon as it is there again, by whichever node", async () => {
  const followed = await followedElsewhere();
  const { runner, replyId } = followed;
  await runner.kill();
  await runner.start();
  await expectTheWholeAnswer(followed);
  expect(cluster.logged(replyId, "took over")).toHaveLength(1);
});

it("a node that is told to end hands its reply over: another goes on at once, not when it is found dead", async () => {
  const followed = await followedElsewhere();
  const { runner, replyId } = followed;
  expect(await runner.terminate()).toBe(0);
  await expectTheWholeAnswer(followed);
  expect(cluster.logged(replyId, "the reply was handed over")).toHaveLength(1);
  // Not from a node that was thought to be dead, but from nobody.
  expect(cluster.logged(replyId, "took over")).toEqual([expect.stringContaining('"from":null')]);
});

const { node } = testNodes();

it("a stop at another node reaches the runner of a silent model with the next listing of its inbox", async () => {
  let listings = 0;
  const fs = interceptedFileSystem((call, proceed) => {
    if (call.name === "readdir" && call.path.includes("/replies/")) listings += 1;
    return proceed();
  });
  const one = await node({ name: "one", fs });
  const two = await node({ dataDir: one.dataDir, name: "two" });
  const key = hashSessionId(newId());
  await one.replies.start(key, send("Think"));
  const { signal } = await one.model.request(0);
  const stopped = new Promise((resolve) => signal.addEventListener("abort", resolve));

  await two.replies.stop(key);
  const before = listings;
  await stopped;
  // One may have been under way when the note was left.
  expect(listings - before).toBeLessThanOrEqual(2);
});
