import type { SeededChoices } from "../../fixtures/seeded-random.ts";
import type { Clock } from "./clock.ts";
import type { Followers } from "./followers.ts";
import type { FleetNode } from "./node.ts";
import {
  BURIAL_PAUSE_MS,
  BURY_EVERY_MS,
  FIRST_TOKEN_MS,
  RECONNECT_MS,
  TAKEOVER,
  TAKEOVERS_AT_ONCE,
  TOKEN_BYTES,
  UNWATCHED,
} from "./parameters.ts";
import type { Chat, Replies } from "./replies.ts";
import type { Volume } from "./volume.ts";

export type Takeovers = {
  /** The nodes die, and their browsers connect to others. */
  kill(dying: ReadonlySet<FleetNode>): void;
  /** A node holds another for dead. */
  onDead(watcher: FleetNode, dead: FleetNode): void;
};

/** A reply whose runner died after `said` words. A burier takes over what no browser follows, at a bounded rate. */
type Orphan = { chat: Chat; said: number; runner: FleetNode; taker: FleetNode; isWatched: boolean };

/** @param onWentOn called with the time from the death of a node until the words of a reply go on, in milliseconds */
export function createTakeovers(
  nodes: readonly FleetNode[],
  { replies, followers }: { replies: Replies; followers: Followers },
  clock: Clock,
  volume: Volume,
  choices: SeededChoices,
  onWentOn: (ms: number) => void,
): Takeovers {
  const orphans = new Map<string, Orphan[]>();
  const queues = new Map(nodes.map((node) => [node, createQueue(TAKEOVERS_AT_ONCE)]));
  const pairOf = (taker: FleetNode, runner: FleetNode) => `${taker.index} ${runner.index}`;
  let diedAt = 0;

  function add(orphan: Orphan) {
    const pair = pairOf(orphan.taker, orphan.runner);
    orphans.set(pair, [...(orphans.get(pair) ?? []), orphan]);
  }

  function takeOver({ chat, said, taker }: Orphan, logBytes: number, onEnd: () => void) {
    volume.chain(TAKEOVER, "takeover", () =>
      volume.request("read", "takeover", { bytes: logBytes }, () => {
        onEnd();
        chat.node = taker;
        taker.addSalvage(said * TOKEN_BYTES);
        clock.after(FIRST_TOKEN_MS, () => replies.goOn(chat, said, () => onWentOn(clock.now() - diedAt)));
      }),
    );
  }

  return {
    kill(dying) {
      diedAt = clock.now();
      const living = nodes.filter((node) => !dying.has(node));
      const buriers = new Map([...dying].map((runner) => [runner, choices.pick(living)]));
      for (const node of dying) node.die();
      for (const chat of replies.chats) {
        const runner = chat.node;
        if (!dying.has(runner) || !chat.reply) continue;
        const isWatched = !choices.chance(UNWATCHED);
        const taker = isWatched ? choices.pick(living) : buriers.get(runner)!;
        add({ chat, said: replies.saidOf(chat), runner, taker, isWatched });
        chat.reply = null;
        if (!isWatched) continue;
        clock.after(choices.whole(RECONNECT_MS.min, RECONNECT_MS.max), () => followers.follow(taker, runner));
      }
    },
    onDead(taker, runner) {
      followers.leave(taker, runner);
      const unwatched: (() => void)[] = [];
      // A node reads a log on: only its first takeover reads it whole.
      let logBytes = runner.segmentBytes();
      for (const orphan of orphans.get(pairOf(taker, runner)) ?? []) {
        const bytes = logBytes;
        logBytes = 0;
        if (orphan.isWatched) queues.get(taker)!((onEnd) => takeOver(orphan, bytes, onEnd));
        else unwatched.push(() => takeOver(orphan, bytes, () => clock.after(BURIAL_PAUSE_MS, buryNext)));
      }
      const buryNext = () => unwatched.shift()?.();
      // At any moment between two passes over the logs of dead nodes.
      const between = choices.whole(BURY_EVERY_MS.min, BURY_EVERY_MS.max);
      if (unwatched.length > 0) clock.after(choices.whole(0, between), buryNext);
    },
  };
}

/** Runs so many tasks at once, and the others in order. */
function createQueue(atOnce: number) {
  const waiting: ((onEnd: () => void) => void)[] = [];
  let underWay = 0;
  function runNext() {
    const task = underWay < atOnce ? waiting.shift() : undefined;
    if (!task) return;
    underWay += 1;
    task(() => {
      underWay -= 1;
      runNext();
    });
  }
  return (task: (onEnd: () => void) => void) => {
    waiting.push(task);
    runNext();
  };
}
