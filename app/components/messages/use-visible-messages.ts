import { defaultRangeExtractor, useVirtualizer, type Range } from "@tanstack/react-virtual";
import { useCallback, useEffect, useState, type RefObject } from "react";
import { isPrinting } from "~/browser/page/printing";
import { useObservable } from "~/browser/page/use-observable";
import { WHOLE_UP_TO } from "./drawn-whole";
import { isListScrolling } from "./hidden-tools";

/** Estimated height of a message that was not drawn yet, in pixels. */
const ESTIMATED_HEIGHT = 260;
/** Messages drawn beyond each edge of the view. */
const OVERSCAN = 4;

type Options = {
  /** One for each message, in reading order. */
  keys: readonly string[];
  scroller: RefObject<HTMLElement>;
  /** Index of a message that is drawn even out of view, such as an edited one; -1 for none. */
  pinned: number;
};

export type VisibleMessages = {
  /** The indexes of the messages to draw, in order, with the height of the undrawn ones before each, in pixels. */
  slots: readonly { index: number; spaceBefore: number }[];
  /** Ref for the element around each drawn message, which has its index as `data-index`. */
  measure: (element: HTMLElement | null) => void;
  scrollTo: (index: number) => void;
};

/** Virtualizes a long conversation: only the messages near the view are drawn. */
export function useVisibleMessages({ keys: newest, scroller, pinned }: Options): VisibleMessages {
  const keys = useKept(newest);
  const isPrinted = useObservable(isPrinting);
  const isLong = keys.length > WHOLE_UP_TO && !isPrinted;
  const rangeExtractor = useCallback(
    (range: Range) => {
      const near = defaultRangeExtractor(range);
      // The last message is always drawn: it may be growing, and people jump to it.
      const kept = [...new Set([pinned, range.count - 1])];
      return [...near, ...kept.filter((index) => index >= 0 && !near.includes(index))].sort((a, b) => a - b);
    },
    [pinned],
  );
  // The virtualizer measures all messages anew for another function.
  const getItemKey = useCallback((index: number) => keys[index]!, [keys]);
  // eslint-disable-next-line react-hooks/incompatible-library -- the result is used only in this render
  const virtualizer = useVirtualizer<HTMLElement, HTMLElement>({
    enabled: isLong,
    count: keys.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ESTIMATED_HEIGHT,
    getItemKey,
    overscan: OVERSCAN,
    rangeExtractor,
    useFlushSync: false,
  });
  const isScrolling = isLong && virtualizer.isScrolling;
  useEffect(() => {
    isListScrolling.set(isScrolling);
    return () => isListScrolling.set(false);
  }, [isScrolling]);
  // A message that begins above the view grows upwards, so that the text in view stays in place.
  virtualizer.shouldAdjustScrollPositionOnItemSizeChange = (item, _, { scrollOffset }) =>
    item.start < (scrollOffset ?? 0);
  if (!isLong) {
    return {
      slots: keys.map((_, index) => ({ index, spaceBefore: 0 })),
      measure: noMeasure,
      scrollTo(index) {
        scroller.current?.querySelector(`[data-index="${index}"]`)?.scrollIntoView({ block: "center" });
      },
    };
  }
  const drawn = virtualizer.getVirtualItems();
  return {
    slots: drawn.map(({ index, start }, place) => ({
      index,
      spaceBefore: start - (drawn[place - 1]?.end ?? 0),
    })),
    measure: virtualizer.measureElement,
    scrollTo: (index) => virtualizer.scrollToIndex(index, { align: "center" }),
  };
}

/** The array of the last render while its items are the same. */
function useKept(keys: readonly string[]): readonly string[] {
  const [kept, setKept] = useState(keys);
  const isSame =
    kept === keys || (kept.length === keys.length && kept.every((key, index) => key === keys[index]));
  if (isSame) return kept;
  setKept(keys);
  return keys;
}

function noMeasure() {}
