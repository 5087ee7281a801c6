import { groupSegments, splitInstance } from "./instance-segments";
import type { MembershipHead, MembershipLine } from "./membership-line";
import type { Layout } from "~/store/documents/layout";
import type { FailureDetector } from "./failure-detector";
import { createMembershipTails, type MembershipRead, type MembershipTailsOptions } from "./membership-tails";
import type { Volume } from "~/store/volume/volume";

/** `news` counts the lines with changes. `ok` is false when the folder could not be listed; nothing was read then. */
export type PollResult = { ok: true; news: number } | { ok: false; error: unknown };

/** Reads the membership logs of the other nodes. */
export type MembershipReader = {
  /**
   * Lists the folder and reads the new lines of each membership log. Never rejects. While a poll is under way, calls
   * share it.
   */
  poll(): Promise<PollResult>;
};

export type MembershipReaderOptions = {
  volume: Volume;
  layout: Layout;
  /** This node's instance, whose own membership log is not read. */
  own: string;
  /** The file of this node's membership log; null while there is none. */
  ownSegment: () => string | null;
  failureDetector: FailureDetector;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Called when another node has changed a session (null: removed it), perhaps more than once for a revision. */
  onSessionChange: (sessionHash: string, rev: number | null) => void;
  /** Called when changes may have been lost: every session with a follower must be read again. */
  onMissedChanges: () => void;
  /** Called when this node's own file is missing from the folder. */
  onOwnSegmentLost: (fileName: string) => void;
  /** Called when another process has started under the name of this node. */
  onDuplicateName: (instance: string) => void;
  /** Called once for each file that cannot be read, or has lines that cannot be parsed. */
  onDamage: MembershipTailsOptions["onDamage"];
};

export function createMembershipReader(options: MembershipReaderOptions): MembershipReader {
  const { volume, layout, own, failureDetector, now } = options;
  const tails = createMembershipTails(options);
  let polling: Promise<PollResult> | null = null;

  async function poll(): Promise<PollResult> {
    const askedAt = now();
    const ownSegment = options.ownSegment();
    let fileNames: string[];
    try {
      fileNames = await volume.list(layout.nodes);
    } catch (error) {
      return { ok: false, error };
    }
    const logs = groupSegments(fileNames);
    logs.delete(own);
    const instances = new Set(logs.keys());
    const deadForMs = (instance: string) => failureDetector.deadFor(instance, now()) ?? 0;
    const due = [...logs].filter(([instance, segments]) =>
      tails.isDue(instance, segments, deadForMs(instance)),
    );
    const reads = await Promise.all(due.map(([instance, segments]) => tails.read(instance, segments)));
    const at = { askedAt, answeredAt: now() };

    // Where this node's own file is missing from the listing, the absence of others proves nothing either.
    const isListingGood = ownSegment === null || fileNames.includes(ownSegment);
    if (isListingGood) failureDetector.recordListing(instances, at);
    else options.onOwnSegmentLost(ownSegment);
    // Growth first: lines that a node wrote before its successor began must not revive it.
    for (const read of reads) if (read.isWhole) failureDetector.recordRead(read.instance, read.grew, at);
    for (const read of reads) for (const line of read.lines) apply(read.instance, line);
    if (reads.some((read) => read.isIncomplete)) options.onMissedChanges();
    tails.endPoll(instances);
    return { ok: true, news: reads.reduce((sum, read) => sum + countNews(read), 0) };
  }

  function apply(instance: string, line: MembershipLine) {
    if ("changed" in line) {
      for (const [hash, rev] of Object.entries(line.changed)) options.onSessionChange(hash, rev);
    } else if ("missed" in line) {
      options.onMissedChanges();
    } else if ("goodbye" in line) {
      tails.end(instance);
      failureDetector.recordLeave(instance);
    } else if ("succeeds" in line) {
      applyHead(instance, line);
    } else if ("draining" in line) {
      failureDetector.recordDraining(instance);
    }
  }

  function applyHead(instance: string, head: MembershipHead) {
    if (head.draining) failureDetector.recordDraining(instance);
    // Each segment repeats the predecessors; one that lives on under the same name must not be declared dead each time.
    if (!tails.introduce(instance)) return;
    const { name } = splitInstance(instance);
    failureDetector.recordSuccessor(head.succeeds, name);
    const ownParts = splitInstance(own);
    if (name === ownParts.name && head.succeeds.includes(ownParts.boot)) options.onDuplicateName(instance);
  }

  return {
    poll() {
      polling ??= poll().finally(() => (polling = null));
      return polling;
    },
  };
}

const countNews = ({ lines }: MembershipRead): number =>
  lines.filter((line) => "changed" in line || "missed" in line).length;
