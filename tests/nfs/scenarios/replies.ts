import { rig } from "../../fixtures/nfs-rig.ts";
import { textOf } from "../../fixtures/session-api.ts";
import {
  expectSettled,
  expectWhole,
  longestGap,
  startReply,
  wholeAnswer,
  type Follower,
} from "../follow-on-nodes.ts";
import { distribution, expect, type Scenario } from "../scenario.ts";

const REPLIES_AT_ONCE = 3;
const STOPS = 5;

export const replyFollowed: Scenario = {
  name: "replies: one that runs on one client is followed on the other, all of it, in order and soon",
  async run({ startNodes, say }) {
    const cluster = await startNodes();
    const lags: number[] = [];
    for (const [runner, other] of [cluster.nodes, cluster.nodes.toReversed()]) {
      await Promise.all(
        Array.from({ length: REPLIES_AT_ONCE }, async () => {
          const reply = await startReply(cluster, runner!);
          const [here, there] = [reply.follow(runner!.url), reply.follow(other!.url)];
          await expectWhole(cluster, reply, [here, there]);
          lags.push(...lagsOf(here, there));
        }),
      );
    }
    say(`behind a follower on the runner's node, ${REPLIES_AT_ONCE} replies at once: ${distribution(lags)}`);
  },
};

export const replyStopped: Scenario = {
  name: "replies: a stop on one client ends what runs on the other, and no refresh brings text back",
  async run({ startNodes, say }) {
    const cluster = await startNodes();
    const [runner, other] = cluster.nodes;
    const times: number[] = [];
    for (let round = 0; round < STOPS; round++) {
      const reply = await startReply(cluster, runner!);
      const before = reply.follow(other!.url);
      await before.inMidReply;
      const stoppedAt = performance.now();
      await before.client.stop();
      const refreshed = reply.follow(other!.url);
      await before.end;
      times.push(performance.now() - stoppedAt);
      for (const session of await expectSettled(cluster, reply, [before, refreshed], "stopped")) {
        const text = textOf(session.messages[1]);
        const whole = wholeAnswer(session);
        expect(text.length > 0 && text.length < whole.length, `${text.length} letters are kept`);
        expect(whole.startsWith(text), "what is kept is not the beginning of the answer");
      }
    }
    say(`from the stop to a follower that knows it settled: ${distribution(times)}`);
  },
};

export const runnerKilled: Scenario = {
  name: "replies: the runner is killed, and a node on the other client writes on",
  async run({ startNodes, say }) {
    const cluster = await startNodes();
    const [runner, other] = cluster.nodes;
    const reply = await startReply(cluster, runner!);
    const follower = reply.follow(other!.url);
    await follower.inMidReply;
    await runner!.kill();
    await follower.end;
    await runner!.start();
    await expectWhole(cluster, reply, [follower]);
    say(`the text stood still for ${seconds(longestGap(follower))}`);
  },
};

export const runnerFrozen: Scenario = {
  name: "replies: the runner freezes, and when it thaws beside its successor it changes nothing",
  async run({ startNodes, say }) {
    const cluster = await startNodes();
    const [runner, other] = cluster.nodes;
    const reply = await startReply(cluster, runner!);
    const [here, there] = [reply.follow(runner!.url), reply.follow(other!.url)];
    await there.inMidReply;
    await runner!.freeze();
    await other!.said(tookOver(reply.id));
    await runner!.thaw();
    await runner!.said(ended(reply.id));
    await expectWhole(cluster, reply, [here, there]);
    say(`the text stood still for ${seconds(longestGap(there))}`);
  },
};

export const runnerPowerLoss: Scenario = {
  name: "replies: the runner's machine loses its power, and a node on the other client writes on",
  async run({ startNodes, say }) {
    const cluster = await startNodes();
    const [runner, other] = cluster.nodes;
    const reply = await startReply(cluster, runner!);
    const [here, there] = [reply.follow(runner!.url), reply.follow(other!.url)];
    await Promise.all([here.inMidReply, there.inMidReply]);
    await rig("kill", "a");
    await there.end;
    await rig("boot", "a");
    await runner!.start();
    // Also what was seen on the machine that is gone is in the text.
    await expectWhole(cluster, reply, [here, there]);
    say(`the text stood still for ${seconds(longestGap(there))}`);
  },
};

export const runnerCutOff: Scenario = {
  name: "replies: the runner loses the volume, and when it has it again beside its successor it harms nothing",
  async run({ startNodes, say }) {
    const cluster = await startNodes();
    const [runner, other] = cluster.nodes;
    const reply = await startReply(cluster, runner!);
    const [here, there] = [reply.follow(runner!.url), reply.follow(other!.url)];
    await Promise.all([here.inMidReply, there.inMidReply]);
    await rig("cut", "a");
    await other!.said(tookOver(reply.id));
    await rig("heal", "a");
    await runner!.said(ended(reply.id));
    await expectWhole(cluster, reply, [here, there]);
    say(
      `the text stood still for ${seconds(longestGap(there))} on the other client, ` +
        `${seconds(longestGap(here))} on its own`,
    );
  },
};

export const runnerTerminated: Scenario = {
  name: "replies: the runner is told to end, and hands over to the other client at once",
  async run({ startNodes, say }) {
    const cluster = await startNodes();
    const [runner, other] = cluster.nodes;
    const reply = await startReply(cluster, runner!);
    cluster.lead(runner!);
    const balanced = reply.follow(cluster.url);
    const there = reply.follow(other!.url);
    await Promise.all([balanced.inMidReply, there.inMidReply]);
    cluster.lead(other!);
    const code = await runner!.terminate();
    expect(code === 0, `it ended with ${code}`);
    await Promise.all([balanced.end, there.end]);
    await runner!.start();
    await expectWhole(cluster, reply, [balanced, there]);
    const [takeover] = cluster.logged(reply.id, "took over");
    expect(takeover?.includes('"from":null') ?? false, "it was taken over from a node that was thought dead");
    say(
      `the text stood still for ${seconds(longestGap(there))}; for somebody who was connected to the runner, ` +
        seconds(longestGap(balanced)),
    );
  },
};

function lagsOf(here: Follower, there: Follower): number[] {
  return [...here.receivedAt].flatMap(([seq, at]) => {
    const later = there.receivedAt.get(seq);
    return later === undefined ? [] : [later - at];
  });
}

const tookOver = (replyId: string) => new RegExp(`${replyId}.*took over`);
/** The runner has said its last word about the reply, whichever it is. */
const ended = (replyId: string) => new RegExp(`${replyId}.*the reply (was superseded|has settled)`);

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
