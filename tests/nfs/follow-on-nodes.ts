import type { SessionView } from "~/conversation/api";
import { answerAsDemo } from "~/model/demo/demo-answer";
import type { Cluster, ClusterNode } from "../fixtures/cluster.ts";
import { readSession, textOf } from "../fixtures/session-api.ts";
import { createSessionClient, type SessionClient } from "../fixtures/session-client.ts";
import { expect } from "./scenario.ts";

const QUESTION = "Tell me a long story.";
/** A browser leaves a silent stream after 12 s (app/browser/chat/following/event-stream.ts). */
const PATIENCE = { silenceMs: 12_000, requestMs: 12_000 };
/** Chunks that somebody has to have seen before anything happens. */
const MID_REPLY = 15;

/** Somebody who follows a reply at one address, to its end. */
export type Follower = {
  client: SessionClient;
  /** When each chunk came, by its number. */
  receivedAt: Map<number, number>;
  /** Resolves when so many chunks have come. */
  has(chunks: number): Promise<void>;
  inMidReply: Promise<void>;
  end: Promise<SessionView>;
};

export type StartedReply = {
  id: string;
  sessionId: string;
  runner: ClusterNode;
  follow(url: string): Follower;
};

/** Asks a question at a node, which then runs the reply. */
export async function startReply(cluster: Cluster, at: ClusterNode): Promise<StartedReply> {
  const asking = createSessionClient({ url: at.url, ...PATIENCE });
  await asking.send(QUESTION, null);
  const { reply } = await asking.read();
  expect(reply?.node?.startsWith(`${at.name}.`) ?? false, `${at.name} does not run the reply`);
  const { sessionId } = asking;
  return {
    id: reply!.id,
    sessionId,
    runner: cluster.node(reply!.node!),
    follow: (url) => follow(createSessionClient({ url, sessionId, ...PATIENCE })),
  };
}

function follow(client: SessionClient): Follower {
  const receivedAt = new Map<number, number>();
  const waiting: { chunks: number; resolve: () => void }[] = [];
  const has = (chunks: number) =>
    new Promise<void>((resolve) => {
      if (receivedAt.size >= chunks) resolve();
      else waiting.push({ chunks, resolve });
    });
  return {
    client,
    receivedAt,
    has,
    inMidReply: has(MID_REPLY),
    end: client.followToEnd(({ seq }) => {
      receivedAt.set(seq, performance.now());
      for (const { chunks, resolve } of waiting) if (receivedAt.size >= chunks) resolve();
      return "stay";
    }),
  };
}

/** What an undisturbed reply says. */
export function wholeAnswer({ messages }: SessionView): string {
  return answerAsDemo(messages.slice(0, 1)).text;
}

/** The reply is there once, whole, the same on every node, and nobody has seen anything else. */
export async function expectWhole(cluster: Cluster, reply: StartedReply, followers: readonly Follower[]) {
  const sessions = await expectSettled(cluster, reply, followers, "complete");
  for (const session of sessions) {
    expect(textOf(session.messages[1]) === wholeAnswer(session), "the text is not what the model says");
  }
}

/** The reply has ended so, the same on every node, by one runner, and nobody has seen what is not in it. */
export async function expectSettled(
  cluster: Cluster,
  reply: StartedReply,
  followers: readonly Follower[],
  status: "complete" | "stopped",
): Promise<SessionView[]> {
  const texts = await Promise.all(followers.map(({ end }) => end));
  const complaints = followers.flatMap(({ client }) => client.complaints);
  expect(complaints.length === 0, complaints.slice(0, 3).join("; "));
  const read = await Promise.all(cluster.nodes.map(({ url }) => readSession(url, reply.sessionId)));
  const sessions = [...texts, ...read.map((session) => session!)];
  for (const { messages } of sessions) {
    expect(messages.length === 2, `there are ${messages.length} messages`);
    expect(
      JSON.stringify(messages) === JSON.stringify(sessions[0]!.messages),
      "not everybody is told the same",
    );
  }
  const [, message] = sessions[0]!.messages;
  const ended = message?.role === "assistant" ? message.metadata.status : "not there";
  expect(ended === status, `the reply is ${ended}`);
  const settled = cluster.logged(reply.id, "the reply has settled").length;
  expect(settled === 1, `${settled} runners have settled the reply`);
  return sessions;
}

/** The longest time without a chunk, in milliseconds. */
export function longestGap({ receivedAt }: Follower): number {
  const times = [...receivedAt.values()];
  return Math.max(...times.slice(1).map((time, index) => time - times[index]!));
}
