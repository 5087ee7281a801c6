import { defaultRangeExtractor, useVirtualizer, type Range } from "@tanstack/react-virtual";
import { useCallback, type RefObject } from "react";
import type { ConversationGroup } from "~/browser/conversations/conversation-groups";
import type { Conversation } from "~/browser/conversations/conversation-list";

/** Number of lines up to which all are drawn. */
const WHOLE_UP_TO = 100;
/** Estimated height of a line that was not drawn yet, in pixels. */
const ESTIMATED_HEIGHT = 36;
/** Lines drawn beyond each edge of the view: the arrow keys move to the next one. */
const OVERSCAN = 12;

/** A group in the list: its heading is the line at `start`, and its conversations are the lines after that. */
export type PlacedGroup = { group: ConversationGroup; start: number; rows: readonly Conversation[] };

/** @param isFolded whether only the heading of a group is shown */
export function placeGroups(
  groups: readonly ConversationGroup[],
  isFolded: (group: ConversationGroup) => boolean,
): PlacedGroup[] {
  let start = 0;
  return groups.map((group) => {
    const placed = { group, start, rows: isFolded(group) ? [] : group.conversations };
    start += 1 + placed.rows.length;
    return placed;
  });
}

/** The lines to draw of one group, with the height of the undrawn ones before each, in pixels. */
export type DrawnGroup = PlacedGroup & {
  spaceBefore: number;
  lines: readonly { index: number; spaceBefore: number }[];
};

type Options = {
  placed: readonly PlacedGroup[];
  container: RefObject<HTMLElement>;
  /** Conversations and groups whose lines are drawn even out of view: the open one, and the focused one. */
  kept: readonly (string | null)[];
};

/** Only the lines near the view are drawn; the heading of a group is drawn with any of its rows. */
export function useVisibleRows({ placed, container, kept }: Options) {
  const last = placed.at(-1);
  const count = last ? last.start + 1 + last.rows.length : 0;
  const isLong = count > WHOLE_UP_TO;
  const getItemKey = useCallback(
    (index: number) => {
      const { group, start, rows } = groupAt(placed, index);
      return index === start ? group.key : rows[index - start - 1]!.id;
    },
    [placed],
  );
  const keptLines = isLong ? kept.flatMap((id) => lineOf(placed, id)).join() : "";
  const rangeExtractor = useCallback(
    (range: Range) => {
      const near = [...defaultRangeExtractor(range), ...keptLines.split(",").filter(Boolean).map(Number)];
      return [...new Set([...near, ...near.map((index) => groupAt(placed, index).start)])].sort(
        (a, b) => a - b,
      );
    },
    [keptLines, placed],
  );
  // eslint-disable-next-line react-hooks/incompatible-library -- the result is used only in this render
  const virtualizer = useVirtualizer<HTMLElement, HTMLElement>({
    enabled: isLong,
    count,
    getScrollElement: () => container.current?.parentElement ?? null,
    estimateSize: () => ESTIMATED_HEIGHT,
    getItemKey,
    overscan: OVERSCAN,
    rangeExtractor,
    useFlushSync: false,
  });
  if (!isLong) {
    const lines = Array.from({ length: count }, (_, index) => ({ index, spaceBefore: 0 }));
    return { groups: drawn(placed, lines), spaceAfter: 0, measure: noMeasure };
  }
  const items = virtualizer.getVirtualItems();
  const lines = items.map(({ index, start }, place) => ({
    index,
    spaceBefore: start - (items[place - 1]?.end ?? 0),
  }));
  return {
    groups: drawn(placed, lines),
    spaceAfter: virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0),
    measure: virtualizer.measureElement,
  };
}

function noMeasure() {}

function drawn(placed: readonly PlacedGroup[], lines: DrawnGroup["lines"]): DrawnGroup[] {
  return lines.flatMap(({ index, spaceBefore }, place) => {
    const found = groupAt(placed, index);
    if (index !== found.start) return [];
    const end = found.start + found.rows.length;
    const next = lines.findIndex((line, at) => at > place && line.index > end);
    return [{ ...found, spaceBefore, lines: lines.slice(place + 1, next < 0 ? undefined : next) }];
  });
}

/** The group of a line, by binary search. */
function groupAt(placed: readonly PlacedGroup[], index: number): PlacedGroup {
  let [low, high] = [0, placed.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (placed[middle]!.start <= index) low = middle;
    else high = middle - 1;
  }
  return placed[low]!;
}

function lineOf(placed: readonly PlacedGroup[], id: string | null): number[] {
  if (id === null) return [];
  for (const { group, start, rows } of placed) {
    if (group.key === id) return [start];
    const at = rows.findIndex((row) => row.id === id);
    if (at >= 0) return [start + 1 + at];
  }
  return [];
}
