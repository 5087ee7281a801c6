import type { SegmentedLog } from "~/store/volume/segmented-log";
import type { LogEntry } from "./log-entry";
import { formatEnd, formatHead, formatProgress, formatReply, formatWords, WHOLE } from "./log-lines";

/** Appends the words of all running replies, one append for all of them. */
export type GroupWriter = {
  /**
   * One append of everything that is new, in a new segment where one is needed. Afterwards it is on stable storage.
   * @throws the volume's errors, after which the next append repeats everything in a new segment
   */
  append(): Promise<void>;
  /** To be called when an entry has ended. @returns whether a line about that must be appended */
  noteEnd(entry: LogEntry): boolean;
  /** Closes the open segment if it is due to be replaced. @returns whether there are replies to begin the next one with */
  closeOld(): boolean;
};

export type GroupWriterOptions = {
  segments: SegmentedLog;
  /** The running replies. */
  entries: ReadonlySet<LogEntry>;
  /** This instance, `name.boot`. */
  instance: string;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Called with an entry whose words cannot be formatted; it must end the entry. */
  onUnwritable: (entry: LogEntry, error: unknown) => void;
  /** Characters appended to a segment, beyond its beginning, after which the next one is begun. */
  segmentLength?: number;
};

/** Age at which a segment with a reply that has ended is replaced, in milliseconds: its words are to leave the volume. */
const RENEW_MS = 15_000;

/**
 * Its state is about the open segment: when it began, the length of its beginning, the last alias, and the aliases whose
 * end is not written yet. Each segment begins with a new state.
 */
export function createGroupWriter(options: GroupWriterOptions): GroupWriter {
  const { segments, entries, instance, now, onUnwritable, segmentLength = 1_048_576 } = options;
  let open = { begunAt: 0, beginningLength: 0, aliases: 0, ended: [] as number[], hasEnded: false };

  /** A beginning is repeated after as many new characters at the earliest: so it at most doubles what is written. */
  function isOver(): boolean {
    const grown = segments.length() - open.beginningLength;
    return (
      grown > Math.max(segmentLength, open.beginningLength) ||
      (open.hasEnded && now() - open.begunAt >= RENEW_MS)
    );
  }

  function take(entry: LogEntry): { bodies: readonly string[]; report: ReturnType<LogEntry["takeReport"]> } {
    try {
      return { bodies: entry.take(), report: entry.takeReport() };
    } catch (error) {
      onUnwritable(entry, error);
      return { bodies: [], report: null };
    }
  }

  /** The new lines of a reply; all its lines where the segment does not name it yet. */
  function linesOf(entry: LogEntry, segment: number): string {
    const { bodies, report } = take(entry);
    if (entry.isEnded()) return "";
    const isNamed = entry.alias?.segment === segment;
    if (!isNamed) entry.alias = { segment, number: ++open.aliases };
    const { number } = entry.alias!;
    const name = isNamed ? "" : formatReply(number, entry.reply, entry.run);
    const progress = report ? formatProgress(number, report.calls) : "";
    return name + format(number, isNamed ? bodies : entry.bodies()) + progress;
  }

  const linesOfAll = (segment: number) => [...entries].map((entry) => linesOf(entry, segment)).join("");

  async function formatAppend(): Promise<string> {
    const segment = segments.openSegment();
    if (segment !== null) {
      const ends = open.ended.splice(0).map(formatEnd).join("");
      return ends + linesOfAll(segment);
    }
    if (entries.size === 0) return "";
    const next = await segments.open();
    open = { begunAt: now(), beginningLength: 0, aliases: 0, ended: [], hasEnded: false };
    const beginning = formatHead(instance, next) + linesOfAll(next) + WHOLE;
    open.beginningLength = beginning.length;
    return beginning;
  }

  return {
    async append() {
      // Without replies no segment follows, to which a reader could go on: the last ends belong in this one.
      if (entries.size > 0 && isOver()) segments.close();
      const text = await formatAppend().catch((error: unknown) => {
        // It may have been opened just now, and has no beginning.
        segments.close();
        throw error;
      });
      if (text !== "") await segments.append(text);
      for (const entry of entries) entry.markDurable();
    },
    noteEnd({ alias }) {
      if (alias === null || alias.segment !== segments.openSegment()) return false;
      open.ended.push(alias.number);
      open.hasEnded = true;
      return true;
    },
    closeOld() {
      if (open.ended.length > 0 || !isOver()) return false;
      segments.close();
      return entries.size > 0;
    },
  };
}

const format = (alias: number, bodies: readonly string[]): string =>
  bodies.map((body) => formatWords(alias, body)).join("");
