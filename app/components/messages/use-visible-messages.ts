import { defaultRangeExtractor, useVirtualizer, type Range } from "@tanstack/react-virtual";
import { useCallback, useEffect, useState, type RefObject } from "react";
import { flushSync } from "react-dom";

/** Shorter conversations are drawn whole: the browser's own search, print and selection then find all of it. */
const WHOLE_UP_TO = 60;
/** Of a message, in pixels, until it has been drawn once. */
const ESTIMATED_HEIGHT = 260;
/** Messages drawn beyond either edge of what is in view. */
const OVERSCAN = 4;

type Options = {
  /** One for each message, in reading order. */
  keys: readonly string[];
  scroller: RefObject<HTMLElement>;
  /** Drawn even when out of view, such as the one that is being changed; -1 for none. */
  pinned: number;
};

export type VisibleMessages = {
  /** The places of the messages to draw, in order, and how much that is not drawn lies before each, in pixels. */
  slots: readonly { index: number; spaceBefore: number }[];
  /** For the element around each message that is drawn, which also has its place as `data-index`. */
  measure: (element: HTMLElement | null) => void;
  scrollTo: (index: number) => void;
};

/** Draws only what is near the view of a long conversation. */
export function useVisibleMessages({ keys, scroller, pinned }: Options): VisibleMessages {
  const isPrinted = useIsPrinted();
  const isLong = keys.length > WHOLE_UP_TO && !isPrinted;
  const rangeExtractor = useCallback(
    (range: Range) => {
      const near = defaultRangeExtractor(range);
      // The last one may be being written, and it is where people jump to.
      const kept = [...new Set([pinned, range.count - 1])];
      return [...near, ...kept.filter((index) => index >= 0 && !near.includes(index))].sort((a, b) => a - b);
    },
    [pinned],
  );
  // eslint-disable-next-line react-hooks/incompatible-library -- what it returns is used in this render only
  const virtualizer = useVirtualizer<HTMLElement, HTMLElement>({
    enabled: isLong,
    count: keys.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ESTIMATED_HEIGHT,
    getItemKey: (index) => keys[index]!,
    overscan: OVERSCAN,
    rangeExtractor,
    useFlushSync: false,
  });
  // What begins above the view grows upwards, also while one scrolls up: what is read stays where it is.
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

function noMeasure() {}

/** Paper is not scrolled. */
function useIsPrinted(): boolean {
  const [isPrinted, setIsPrinted] = useState(false);
  useEffect(() => {
    const onPrint = ({ type }: Event) => flushSync(() => setIsPrinted(type === "beforeprint"));
    addEventListener("beforeprint", onPrint);
    addEventListener("afterprint", onPrint);
    return () => {
      removeEventListener("beforeprint", onPrint);
      removeEventListener("afterprint", onPrint);
    };
  }, []);
  return isPrinted;
}
