import { fold } from "~/browser/conversations/matching";
import type { SelectOption } from "./select";

const PAGE = 8;

/** The place to which a key leads in a list of `count` options; null for a key that leads nowhere. */
export function stepTo(key: string, place: number, count: number): number | null {
  const last = count - 1;
  switch (key) {
    case "ArrowDown":
      return Math.min(place + 1, last);
    case "ArrowUp":
      return place < 0 ? last : Math.max(place - 1, 0);
    case "PageDown":
      return Math.min(place + PAGE, last);
    case "PageUp":
      return Math.max(place - PAGE, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}

/**
 * The index of the option that begins with what was typed, from the active one on. One letter, also a repeated one,
 * leads to the next such option, as in the browser's own lists.
 */
export function firstWith(options: readonly SelectOption[], typed: string, active: number): number | null {
  const text = fold(typed);
  const isOneLetter = [...text].every((letter) => letter === text[0]);
  const wanted = isOneLetter ? text.slice(0, 1) : text;
  const from = Math.max(active, 0) + (isOneLetter ? 1 : 0);
  for (let step = 0; step < options.length; step += 1) {
    const index = (from + step) % options.length;
    if (fold(options[index]!.label).startsWith(wanted)) return index;
  }
  return null;
}

/** The found options by group, in the order of the options. */
export function groupsOf(
  options: readonly SelectOption[],
  found: readonly number[],
): [group: string, indexes: number[]][] {
  const groups = new Map<string, number[]>();
  for (const index of found) {
    const { group = "" } = options[index]!;
    groups.set(group, [...(groups.get(group) ?? []), index]);
  }
  return [...groups];
}
