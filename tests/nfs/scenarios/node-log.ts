import { setTimeout as delay } from "node:timers/promises";
import type { Cluster } from "../../fixtures/cluster.ts";
import { rig } from "../../fixtures/nfs-rig.ts";
import { readSession, textOf } from "../../fixtures/session-api.ts";
import { createSessionClient } from "../../fixtures/session-client.ts";
import {
  expectSettled,
  expectWhole,
  longestGap,
  startReply,
  wholeAnswer,
  type Follower,
  type StartedReply,
} from "../follow-on-nodes.ts";
import { expect, type Scenario } from "../scenario.ts";

/** Replies whose words share the appends of one log. */
const REPLIES_AT_ONCE = 8;
/** How long the runner is frozen, in milliseconds: below and above the ten seconds after which it counts as dead. */
const FREEZES_MS = [100, 700, 3_000, 14_000, 60_000];
/** Time from the stop to the power cut of the machine that was asked, in milliseconds: before, in and after its commit. */
const CUTS_MS = [0, 15, 60];

export const groupTorn: Scenario = {
  name: "node log: power is lost in the middle of group appends, and every reply is whole on the other client",
  async run({ startNodes, say }) {
    const cluster = await startNodes();
    const [runner, other] = cluster.nodes;
    const followed = await startReplies(cluster, REPLIES_AT_ONCE);
    await Promise.all(followed.flatMap(({ followers }) => followers.map(({ inMidReply }) => inMidReply)));
    await rig("kill", "a");
    await Promise.all(followed.map(({ followers }) => followers[1]!.end));
    await rig("boot", "a");
    await runner!.start();
    await expectAllWhole(cluster, followed);
    const gaps = followed.map(({ followers }) => longestGap(followers[1]!));
    say(`${REPLIES_AT_ONCE} replies stood still for up to ${seconds(Math.max(...gaps))} on ${other!.name}`);
  },
};

export const runnerFrozenForTimes: Scenario = {
  name: "node log: the runner is frozen for 0.1 to 60 s, and no follower sees words that are not stored",
  async run({ startNodes, say }) {
    const cluster = await startNodes();
    const [runner] = cluster.nodes;
    for (const freezeMs of FREEZES_MS) {
      const followed = await startReplies(cluster, 3);
      await Promise.all(followed.map(({ followers }) => followers[1]!.inMidReply));
      await runner!.freeze();
      await delay(freezeMs);
      await runner!.thaw();
      await expectAllWhole(cluster, followed);
      const takeovers = followed.flatMap(({ reply }) => cluster.logged(reply.id, "took over"));
      say(`frozen for ${seconds(freezeMs)}: ${takeovers.length} of 3 replies were taken over`);
    }
  },
};

export const clocksWrong: Scenario = {
  name: "node log: clocks that are hours wrong and jump change nothing for followers, stops and takeovers",
  async run({ startNodes, say }) {
    const moves = { a: "3 hours ago", b: "next year" } as const;
    const cluster = await startNodes();
    const [runner, other] = cluster.nodes;
    try {
      const followed = await startReplies(cluster, 2);
      await Promise.all(followed.map(({ followers }) => followers[1]!.inMidReply));
      for (const client of ["a", "b"] as const) await rig("run", client, `date -s '${moves[client]}'`);
      await expectAllWhole(cluster, followed);

      const stopped = await startReply(cluster, runner!);
      const there = stopped.follow(other!.url);
      await there.inMidReply;
      await there.client.stop();
      await expectSettled(cluster, stopped, [there], "stopped");

      const taken = await startReply(cluster, runner!);
      const follower = taken.follow(other!.url);
      await follower.inMidReply;
      await runner!.kill();
      await follower.end;
      await runner!.start();
      await expectWhole(cluster, taken, [follower]);
      say(`the text of a killed runner stood still for ${seconds(longestGap(follower))}`);
    } finally {
      const now = new Date().toISOString();
      for (const client of ["a", "b"]) await rig("run", client, `date -s '${now}'`);
    }
  },
};

export const folderRemoved: Scenario = {
  name: "node log: the log's folder is removed under a running node, and its replies go on in a new one",
  async run({ startNodes, dataDir, say }) {
    const cluster = await startNodes();
    const followed = await startReplies(cluster, 3);
    await Promise.all(followed.flatMap(({ followers }) => followers.map(({ inMidReply }) => inMidReply)));
    const { reply } = (await readSession(cluster.nodes[0]!.url, followed[0]!.reply.sessionId))!;
    await rig("run", "b", `rm -r ${dataDir}/replies/${reply!.node}`);
    await expectAllWhole(cluster, followed);
    const gone = cluster
      .output()
      .split("\n")
      .filter((line) => line.includes("reply log is gone"));
    expect(gone.length > 0, "the node has not noticed that its folder is gone: this has tested nothing");
    say(`${followed.length} replies are whole; the longest pause was ${seconds(longestPause(followed))}`);
  },
};

export const volumeFull: Scenario = {
  name: "node log: the disk is full in the middle of replies, and they are whole when there is room again",
  async run({ startNodes, say }) {
    const filler = "/srv/efs/filler";
    const onServer = (command: string) => rig("run", "server", command);
    const cluster = await startNodes();
    let followed: Followed[] = [];
    try {
      // Most of it before, because the replies would be over by the time that it takes. Blocks are reserved, not written.
      await onServer(`fallocate -l $(($(stat -f -c '(%f-8192)*%S' /srv/efs))) ${filler}`);
      followed = await startReplies(cluster, 3);
      await Promise.all(followed.flatMap(({ followers }) => followers.map(({ inMidReply }) => inMidReply)));
      await onServer(`dd if=/dev/zero of=${filler}2 bs=4k 2>/dev/null; true`);
      await delay(5_000);
    } finally {
      await onServer(`rm -f ${filler} ${filler}2`);
    }
    await expectAllWhole(cluster, followed);
    const refused = cluster
      .output()
      .split("\n")
      .filter((line) => line.includes("ENOSPC"));
    expect(refused.length > 0, "nothing was refused: this has tested nothing");
    say(
      `${refused.length} lines of the nodes' logs tell of it; the longest pause was ${seconds(longestPause(followed))}`,
    );
  },
};

export const noteLost: Scenario = {
  name: "node log: the machine that was asked to stop a reply loses its power, and a repeated stop ends it",
  async run({ startNodes, say }) {
    const cluster = await startNodes();
    const [runner, other] = cluster.nodes;
    for (const cutMs of CUTS_MS) {
      const reply = await startReply(cluster, runner!);
      const here = reply.follow(runner!.url);
      await here.inMidReply;
      const { sessionId } = reply;
      const asked = fetch(`${other!.url}/api/session/stop`, {
        method: "POST",
        headers: { "X-Session-Id": sessionId },
        signal: AbortSignal.timeout(5_000),
      }).then(
        ({ ok }) => ok,
        () => false,
      );
      await delay(cutMs);
      await rig("kill", "b");
      const answered = await asked;
      // What a browser does that has no answer: it asks again, and another node takes the request.
      const client = createSessionClient({
        url: runner!.url,
        sessionId,
        silenceMs: 12_000,
        requestMs: 12_000,
      });
      await client.stop();
      await here.end;
      await rig("boot", "b");
      await other!.start();
      for (const session of await expectSettled(cluster, reply, [here], "stopped")) {
        const text = textOf(session.messages[1]);
        expect(wholeAnswer(session).startsWith(text), "what is kept is not the beginning of the answer");
      }
      say(`power lost ${cutMs} ms after the stop: its machine had ${answered ? "" : "not "}answered`);
    }
  },
};

type Followed = { reply: StartedReply; followers: Follower[] };

/** Replies that run on the first node, each followed on both. */
function startReplies(cluster: Cluster, count: number): Promise<Followed[]> {
  const [runner, other] = cluster.nodes;
  return Promise.all(
    Array.from({ length: count }, async () => {
      const reply = await startReply(cluster, runner!);
      return { reply, followers: [reply.follow(runner!.url), reply.follow(other!.url)] };
    }),
  );
}

async function expectAllWhole(cluster: Cluster, followed: readonly Followed[]) {
  for (const { reply, followers } of followed) await expectWhole(cluster, reply, followers);
}

function longestPause(followed: readonly Followed[]): number {
  return Math.max(...followed.flatMap(({ followers }) => followers.map(longestGap)));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
