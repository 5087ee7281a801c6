import { segmentName } from "./instance-segments";
import type { NameClaim } from "./claim-name";
import { formatMembershipLine, MEMBERSHIP_FORMAT } from "./membership-line";
import type { Layout } from "~/store/documents/layout";
import { createSegmentedLog, type SegmentedLog } from "~/store/volume/segmented-log";
import type { Volume } from "~/store/volume/volume";

/** The files of this node's membership log. */
export type MembershipSegments = Omit<SegmentedLog, "open"> & {
  /** Name of the open segment's file; null while none is open. */
  openFile(): string | null;
  /**
   * Opens the next segment. The first one waits until the name of the node is claimed.
   * @returns the head line, which must be the first to be appended
   */
  open(): Promise<string>;
};

export type MembershipSegmentsOptions = {
  volume: Volume;
  layout: Layout;
  /** This node's name and boot. */
  name: string;
  boot: string;
  startedAt: Date;
  /** The first segment waits until the name belongs to this process alone. */
  claim: Pick<NameClaim, "settle" | "confirm">;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Called once with the boots of this name that were there when the membership log began. */
  onPredecessors: (boots: string[]) => void;
};

/** Bounds the head line. Boots of one name beyond that are from before the last sweeps, and dead for long. */
const MAX_PREDECESSORS = 100;

export function createMembershipSegments(
  options: MembershipSegmentsOptions,
  isDraining: () => boolean,
): MembershipSegments {
  const { volume, layout, name, boot, claim, now } = options;
  const fileName = (segment: number) => segmentName(`${name}.${boot}`, segment);
  let predecessors: string[] | null = null;
  let isConfirmed = false;
  const log = createSegmentedLog({
    volume,
    folder: () => layout.nodes,
    fileName,
    now,
    // Where another process has the name, no file of this one stays that the other would take for a process.
    async onCreated() {
      if (!isConfirmed) await claim.confirm();
      isConfirmed = true;
    },
  });

  async function settlePredecessors(): Promise<string[]> {
    const boots = (await claim.settle()).slice(0, MAX_PREDECESSORS);
    options.onPredecessors(boots);
    return boots;
  }

  return {
    ...log,
    openFile() {
      const segment = log.openSegment();
      return segment === null ? null : fileName(segment);
    },
    async open() {
      const succeeds = (predecessors ??= await settlePredecessors());
      const segment = await log.open();
      const startedAt = options.startedAt.toISOString();
      const head = { format: MEMBERSHIP_FORMAT, name, boot, segment, startedAt, succeeds };
      return formatMembershipLine({ ...head, draining: isDraining() });
    },
  };
}
