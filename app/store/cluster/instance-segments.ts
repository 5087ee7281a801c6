import { join } from "node:path";
import { createSegmentTail, type SegmentTail } from "~/store/volume/segment-tail";
import type { Volume } from "~/store/volume/volume";

const SEGMENT_NAME = /^([A-Za-z0-9-]{1,64}\.[A-Za-z0-9-]{1,64})\.([1-9]\d{0,8})\.ndjson$/;
const PROBE_NAME = /^([A-Za-z0-9-]{1,64}\.[A-Za-z0-9-]{1,64})\.probe[a-z-]*$/;

/** File name of a segment of a log whose one writer is an instance, `name.boot` (app/store/PROTOCOL.md). */
export function segmentName(instance: string, segment: number): string {
  return `${instance}.${segment}.ndjson`;
}

/** @returns null for a name that is not a segment's */
export function parseSegmentName(fileName: string): { instance: string; segment: number } | null {
  const match = SEGMENT_NAME.exec(fileName);
  return match && { instance: match[1]!, segment: Number(match[2]) };
}

/** The instance, `name.boot`, whose probe file this is; null for any other name. */
export function parseProbeName(fileName: string): string | null {
  return PROBE_NAME.exec(fileName)?.[1] ?? null;
}

export function splitInstance(instance: string): { name: string; boot: string } {
  const dot = instance.indexOf(".");
  return { name: instance.slice(0, dot), boot: instance.slice(dot + 1) };
}

/** The segments of each log in a listing, by instance, in ascending order. Other names are ignored. */
export function groupSegments(fileNames: readonly string[]): Map<string, number[]> {
  const logs = new Map<string, number[]>();
  for (const fileName of fileNames) {
    const parsed = parseSegmentName(fileName);
    if (parsed) logs.set(parsed.instance, [...(logs.get(parsed.instance) ?? []), parsed.segment]);
  }
  for (const segments of logs.values()) segments.sort((a, b) => a - b);
  return logs;
}

/** A segment that cannot be read, or has lines that cannot be parsed. */
export type DamagedSegment = { fileName: string; reason: string };

export type InstanceTailOptions<Line> = {
  volume: Pick<Volume, "readFrom">;
  folder: string;
  instance: string;
  /** The segment to begin with. */
  first: number;
  /** @returns null for a damaged line */
  parse: (text: string) => Line | null;
  /** Called with each new line, in order. */
  onLine: (line: Line) => void;
  /** Called once for each damaged segment, which is read on. */
  onDamage: (damage: DamagedSegment) => void;
};

/** How far this process has read the log of another instance. */
export function createInstanceTail<Line>(options: InstanceTailOptions<Line>): SegmentTail {
  const { volume, folder, instance, first, parse, onLine, onDamage } = options;
  const fileName = (segment: number) => segmentName(instance, segment);
  return createSegmentTail({
    volume,
    path: (segment) => join(folder, fileName(segment)),
    first,
    onLine(text) {
      const line = parse(text);
      if (line) onLine(line);
      return line !== null;
    },
    onDamage: (segment, reason) => onDamage({ fileName: fileName(segment), reason }),
  });
}
