import { fold } from "./matching";

/** One place of a query: the index of its message, and which one it is within that message. */
export type FindHit = { message: number; nth: number };

/** Text in the form that is compared: without case and accents, with single spaces. A place is within one line. */
export function comparable(text: string): string {
  return fold(text)
    .replace(/[^\S\n]+/g, " ")
    .replace(/ ?\n\s*/g, "\n");
}

/** The indexes of a text within another, without overlaps. */
export function placesOf(text: string, wanted: string): number[] {
  const places = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) places.push(at);
  return places;
}

/** Every place of the query in texts that are `comparable` already, in reading order. */
export function findHits(texts: readonly string[], query: string): FindHit[] {
  const wanted = comparable(query).trim();
  if (wanted === "") return [];
  return texts.flatMap((text, message) => placesOf(text, wanted).map((_, nth) => ({ message, nth })));
}

/** The index of the first hit in this message or below it, else of the first one. */
export function firstHitFrom(hits: readonly FindHit[], message: number): number {
  return Math.max(
    0,
    hits.findIndex((hit) => hit.message >= message),
  );
}
