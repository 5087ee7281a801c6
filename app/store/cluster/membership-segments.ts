import { join } from "node:path";
import type { AppendLog } from "~/store/volume/append-log";
import { errorCode, type Volume } from "~/store/volume/volume";
import type { Layout } from "~/store/sessions/layout";
import type { NameClaim } from "./claim-name";
import { formatMembershipLine, MEMBERSHIP_FORMAT, segmentName } from "./membership-line";

/** The files of this node's membership log. At most one is open; it is the newest. */
export type MembershipSegments = {
  /** Name of the open segment's file; null while none is open. */
  openFile(): string | null;
  /** Length of the open segment, in characters; 0 while none is open. */
  length(): number;
  /**
   * Opens the next segment. The first one waits until the name of the node is claimed.
   * @returns the head line, which must be the first to be appended
   */
  open(isDraining: () => boolean): Promise<string>;
  /** Appends to the open segment. */
  append(text: string): Promise<void>;
  /** Closes the open segment, if there is one. It is removed later by `removeOld`. */
  close(): void;
  /** Removes closed segments that slow readers have had time to read. */
  removeOld(): Promise<void>;
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
  /** How long a segment stays after the next was begun, for slow readers, in milliseconds. */
  keepMs?: number;
};

/** Bounds the head line. Boots of one name beyond that are from before the last sweeps, and dead for long. */
const MAX_PREDECESSORS = 100;

export function createMembershipSegments(options: MembershipSegmentsOptions): MembershipSegments {
  const { volume, layout, name, boot, claim, now, keepMs = 600_000 } = options;
  let current: { fileName: string; log: AppendLog; length: number } | null = null;
  /** Number of the newest segment. */
  let count = 0;
  let predecessors: string[] | null = null;
  let isConfirmed = false;
  /** Segments to be removed, by file name, with the time of their end. */
  const old = new Map<string, { endedAt: number }>();

  async function settlePredecessors(): Promise<string[]> {
    await volume.makeFolder(layout.nodes);
    predecessors = await claim.settle();
    predecessors = predecessors.slice(0, MAX_PREDECESSORS);
    options.onPredecessors(predecessors);
    return predecessors;
  }

  /** Where another process has the name, no file of this one stays behind that the other would take for a process. */
  async function confirm(path: string, log: AppendLog) {
    try {
      await claim.confirm();
      isConfirmed = true;
    } catch (error) {
      await log.close().catch(() => undefined);
      await volume.unlink(path).catch(() => undefined);
      throw error;
    }
  }

  async function createLog(path: string): Promise<AppendLog> {
    return volume.createLog(path).catch(async (error: unknown) => {
      if (errorCode(error) !== "ENOENT") throw error;
      await volume.makeFolder(layout.nodes);
      return volume.createLog(path);
    });
  }

  return {
    openFile: () => current?.fileName ?? null,
    length: () => current?.length ?? 0,
    async open(isDraining) {
      const succeeds = predecessors ?? (await settlePredecessors());
      const segment = ++count;
      const fileName = segmentName({ name, boot, segment });
      const path = join(layout.nodes, fileName);
      // Noted before it exists: an attempt without an answer may have made it all the same.
      old.set(fileName, { endedAt: now() });
      const log = await createLog(path);
      old.delete(fileName);
      if (!isConfirmed) await confirm(path, log);
      current = { fileName, log, length: 0 };
      const startedAt = options.startedAt.toISOString();
      const head = { format: MEMBERSHIP_FORMAT, name, boot, segment, startedAt, succeeds };
      return formatMembershipLine({ ...head, draining: isDraining() });
    },
    async append(text) {
      await current!.log.append(text);
      current!.length += text.length;
    },
    close() {
      if (!current) return;
      old.set(current.fileName, { endedAt: now() });
      // Not awaited, and its outcome does not matter: each append was synced, or has failed already.
      void current.log.close().catch(() => undefined);
      current = null;
    },
    async removeOld() {
      for (const [fileName, { endedAt }] of old) {
        if (now() - endedAt < keepMs) continue;
        try {
          await volume.unlink(join(layout.nodes, fileName));
        } catch (error) {
          // Tried again after the next append.
          if (errorCode(error) !== "ENOENT") return;
        }
        old.delete(fileName);
      }
    },
  };
}
