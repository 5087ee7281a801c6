import { useEffect, useRef, type RefObject } from "react";
import type { FindHit } from "~/browser/conversations/find-hits";
import { rangesOf } from "./mark-text";

/** Names of the highlights in find-bar.css. */
const ALL = "found";
const CURRENT = "found-current";
/** Maximum number of frames until a place is in view: messages are measured as they are drawn, and folds open. */
const MOST_FRAMES = 120;
/** Frames for which the place must stay in view, since messages above it may still grow. */
const CALM_FRAMES = 6;
/** Room between the place and the edges of the view, in pixels: the bar is above it. */
const MARGIN_PX = 72;

type Options = {
  scroller: RefObject<HTMLElement>;
  query: string;
  hits: readonly FindHit[];
  /** Index of the current hit. */
  current: number;
  /** The current hit is brought into view when this changes. */
  turn: number;
  scrollTo: (index: number) => void;
  letGo: () => void;
};

/** Marks the hits in the drawn messages, without changing their elements, and brings the current one into view. */
export function useFindMarks(options: Options): void {
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const { scroller, query, hits, current, turn } = options;
  const hit = hits[Math.min(current, hits.length - 1)];

  useEffect(() => {
    const root = scroller.current;
    if (!root) return;
    const paint = () => mark(root, query, hit);
    let frame = requestAnimationFrame(paint);
    const observer = new MutationObserver(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(paint);
    });
    observer.observe(root, { childList: true, characterData: true, subtree: true });
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
    };
  }, [scroller, query, hit]);
  useEffect(() => unmark, []);

  useEffect(() => {
    const root = latest.current.scroller.current;
    if (turn === 0 || !root) return;
    return reveal(root, () => latest.current);
  }, [turn]);
}

/** Brings the current hit into view, frame by frame. @returns ends that */
function reveal(root: HTMLElement, latest: () => Options): () => void {
  let frame = 0;
  let frames = 0;
  let calmFrames = 0;
  let isUnfolded = false;
  latest().letGo();
  function step() {
    const { query, hits, current, scrollTo } = latest();
    const hit = hits[Math.min(current, hits.length - 1)];
    if (!hit) return;
    const slot = slotOf(root, hit);
    const ranges = slot ? rangesOf(slot, query) : [];
    const range = ranges[Math.min(hit.nth, ranges.length - 1)];
    const isFolded = slot && ranges.length < hits.filter(({ message }) => message === hit.message).length;
    if (isFolded && !isUnfolded) {
      isUnfolded = true;
      unfold(slot);
    }
    if (!slot || !isNear(slot, root)) scrollTo(hit.message);
    else if (range && !isInView(range, root)) bring(range, root);
    else calmFrames += 1;
    if (calmFrames < CALM_FRAMES && ++frames < MOST_FRAMES) frame = requestAnimationFrame(step);
    else if (range) mark(root, query, hit);
  }
  frame = requestAnimationFrame(step);
  return () => cancelAnimationFrame(frame);
}

/** Shows what is folded in a message: reasoning, long code, a long question. */
function unfold(slot: Element): void {
  for (const details of slot.querySelectorAll("details")) details.open = true;
  const buttons = slot.querySelectorAll<HTMLElement>("button[aria-expanded=false]:not([aria-haspopup])");
  for (const button of buttons) button.click();
}

function slotOf(root: Element, { message }: FindHit): Element | null {
  return root.querySelector(`[data-index="${message}"]`);
}

function isNear(slot: Element, root: Element): boolean {
  const [inner, outer] = [slot.getBoundingClientRect(), root.getBoundingClientRect()];
  return inner.bottom > outer.top && inner.top < outer.bottom;
}

function isInView(range: Range, root: Element): boolean {
  const [inner, outer] = [range.getBoundingClientRect(), root.getBoundingClientRect()];
  return inner.top >= outer.top + MARGIN_PX && inner.bottom <= outer.bottom - MARGIN_PX / 4;
}

function bring(range: Range, root: HTMLElement): void {
  // Sideways, and within what scrolls by itself.
  range.startContainer.parentElement?.scrollIntoView({ block: "nearest", inline: "nearest" });
  const [inner, outer] = [range.getBoundingClientRect(), root.getBoundingClientRect()];
  root.scrollTop += inner.top - outer.top - outer.height / 3;
}

function mark(root: Element, query: string, hit: FindHit | undefined): void {
  const slots = [...root.querySelectorAll("[data-index]")];
  const ranges = slots.map((slot) => rangesOf(slot, query));
  const inMessage = hit ? (ranges[slots.indexOf(slotOf(root, hit)!)] ?? []) : [];
  const current = hit && inMessage[Math.min(hit.nth, inMessage.length - 1)];
  if ("highlights" in CSS) {
    CSS.highlights.set(ALL, new Highlight(...ranges.flat()));
    CSS.highlights.set(CURRENT, new Highlight(...(current ? [current] : [])));
  } else if (current) {
    // A browser without highlights shows the place as selected.
    getSelection()?.removeAllRanges();
    getSelection()?.addRange(current);
  }
}

function unmark(): void {
  if (!("highlights" in CSS)) return;
  CSS.highlights.delete(ALL);
  CSS.highlights.delete(CURRENT);
}

/** The index of the first message in view. */
export function messageInView(root: Element | null): number {
  const slots = [...(root?.querySelectorAll<HTMLElement>("[data-index]") ?? [])];
  return Number(slots.find((slot) => root && isNear(slot, root))?.dataset.index ?? 0);
}
