import type { Clock } from "./clock.ts";
import type { LagHistogram } from "./lag-histogram.ts";
import {
  appendIntervalMs,
  BEGINNING_BYTES,
  LATE_MS,
  LINE_BYTES,
  SEGMENT_BYTES,
  SEGMENT_RENEW_MS,
  SEGMENT_WRITES,
  TOKEN_BYTES,
  TOKENS_A_REPLY,
  TOKENS_A_SECOND,
  VOLUME_DEADLINE_MS,
} from "./parameters.ts";
import type { Volume } from "./volume.ts";

/** What one append made durable: tokens that had come between two times, and the bytes that a reader reads for them. */
export type Group = Arrived & { bytes: number };

export type NodeMetrics = {
  lag: LagHistogram;
  /** Called when a group is shown that has waited for long. */
  onLate: () => void;
};

/** The appends of one node: all chunks of all its replies in one, then a listing of the inbox, then the next. */
export type FleetNode = {
  readonly index: number;
  readonly isAlive: boolean;
  /** Durable groups in order, for readers on other nodes. */
  readonly groups: readonly Group[];
  /** Bytes of the newest segment. */
  segmentBytes(): number;
  /** Begins to append, in a segment that has these bytes already. */
  start(appendedBytes: number): void;
  /** A reply's words begin to come. `onShown` is called when the first of them is shown. */
  addReply(onShown?: () => void): void;
  removeReply(): void;
  /** Words of earlier runners, which the next append carries. */
  addSalvage(bytes: number): void;
  die(): void;
};

export function createNode(
  index: number,
  clock: Clock,
  volume: Volume,
  { lag, onLate }: NodeMetrics,
): FleetNode {
  const groups: Group[] = [];
  const arrivals = createArrivals(clock);
  const segment = createSegment(clock, arrivals.replies);
  let isAlive = true;
  let salvage = 0;
  let beginning: (() => void)[] = [];

  function append() {
    if (!isAlive) return;
    const startedAt = clock.now();
    const next = () => {
      const interval = appendIntervalMs(arrivals.replies());
      const took = clock.now() - startedAt;
      // After a slow append there is a pause, as long as it was or one interval.
      clock.after(Math.max(interval - took, Math.min(took, interval)), append);
    };
    const words = arrivals.take();
    if (!words && salvage === 0) return next();
    const bytes = arrivals.replies() * LINE_BYTES + (words?.tokens ?? 0) * TOKEN_BYTES + salvage;
    const begun = segment.append(bytes);
    const shown = beginning;
    [salvage, beginning] = [0, []];
    const write = () =>
      volume.request("write", "append", { bytes }, () => {
        if (clock.now() - startedAt > VOLUME_DEADLINE_MS) segment.end();
        if (isAlive && words) groups.push({ ...words, bytes: bytes + begun });
        volume.request("read", "append", {}, () => {
          if (isAlive && words) show(words);
          if (isAlive) for (const onShown of shown) onShown();
          next();
        });
      });
    if (begun === 0) write();
    else volume.request("write", "segment", { bytes: begun, operations: SEGMENT_WRITES }, write);
  }

  function show({ tokens, from, to }: Arrived) {
    const now = clock.now();
    lag.add(tokens, now - to, now - from);
    if (now - from > LATE_MS) onLate();
  }

  return {
    index,
    groups,
    get isAlive() {
      return isAlive;
    },
    segmentBytes: segment.bytes,
    start(appendedBytes) {
      segment.append(appendedBytes);
      append();
    },
    addReply(onShown) {
      arrivals.change(1);
      if (onShown) beginning.push(onShown);
    },
    removeReply() {
      arrivals.change(-1);
      segment.noteEnd();
    },
    addSalvage(bytes) {
      salvage += bytes;
    },
    die() {
      isAlive = false;
    },
  };
}

type Arrived = { tokens: number; from: number; to: number };

/** Counts the tokens that come from the model for all running replies of a node. */
function createArrivals(clock: Clock) {
  let replies = 0;
  let [tokens, from, countedTo] = [0, 0, 0];

  function count() {
    tokens += (replies * TOKENS_A_SECOND * (clock.now() - countedTo)) / 1_000;
    countedTo = clock.now();
  }

  return {
    replies: () => replies,
    change(by: number) {
      count();
      replies += by;
    },
    /** The tokens since the last call; null while there is none. */
    take(): Arrived | null {
      count();
      const to = clock.now();
      const taken = { tokens, from, to };
      if (tokens === 0) from = to;
      // A part of a token waits for the next one, but not for the next reply.
      if (tokens === 0 || (tokens < 1 && replies > 0)) return null;
      [tokens, from] = [0, to];
      return taken;
    },
  };
}

/**
 * A node's newest segment. A large one, and an old one in which a reply has ended, is followed by a new one, which begins with
 * all that was said.
 */
function createSegment(clock: Clock, replies: () => number) {
  let [beginning, appended, begunAt] = [0, 0, 0];
  let [isEnded, hasEnds] = [false, false];
  return {
    bytes: () => beginning + appended,
    /** Ends it, because an append has failed. */
    end: () => void (isEnded = true),
    noteEnd: () => void (hasEnds = true),
    /** @returns bytes of the beginning of a new segment, before what is appended; 0 where none begins */
    append(bytes: number): number {
      // On average, half of each reply has been said, in one line for each append.
      const tokens = TOKENS_A_REPLY / 2;
      const lines = (tokens * 1_000) / TOKENS_A_SECOND / appendIntervalMs(replies());
      const said = replies() * (BEGINNING_BYTES + tokens * TOKEN_BYTES + lines * LINE_BYTES);
      appended += bytes;
      const isOld = hasEnds && clock.now() - begunAt >= SEGMENT_RENEW_MS;
      if (!isEnded && !isOld && appended <= Math.max(SEGMENT_BYTES, beginning)) return 0;
      [beginning, appended, begunAt, isEnded, hasEnds] = [said, bytes, clock.now(), false, false];
      return said;
    },
  };
}
