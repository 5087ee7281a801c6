import { fold } from "./matching";

type Ranked = { label: string; keywords?: string };

/** How well words fit a query. */
const EXACT = 5;
const BEGINS = 4;
const BEGINS_WORD = 3;
const ALL_BEGIN_WORDS = 2;
const CONTAINS = 1;
const NONE = 0;

const folded = new Map<string, string>();
/** Bounds the memory of the folded labels. */
const MOST_FOLDED = 20_000;

/** Those that contain each word of the query, the best first; equal ones in the given order. */
export function ranked<T extends Ranked>(options: readonly T[], query: string): T[] {
  if (query.trim() === "") return [...options];
  const rank = rankBy(query);
  return options
    .map((option) => ({ option, rank: rank(option) }))
    .filter((each) => each.rank > NONE)
    .sort((a, b) => b.rank - a.rank)
    .map(({ option }) => option);
}

/** The rank of the first of some ranked options. */
export function bestRank(options: readonly Ranked[], query: string): number {
  return options[0] ? rankBy(query)(options[0]) : NONE;
}

function rankBy(query: string): (option: Ranked) => number {
  const wanted = fold(query).trim();
  const words = wanted.split(/\s+/);
  return ({ label, keywords }) => {
    const text = foldOnce(label);
    if (text === wanted) return EXACT;
    if (text.startsWith(wanted)) return BEGINS;
    if (text.includes(` ${wanted}`)) return BEGINS_WORD;
    const all = keywords === undefined ? text : `${text} ${foldOnce(keywords)}`;
    if (words.every((word) => ` ${all}`.includes(` ${word}`))) return ALL_BEGIN_WORDS;
    return words.every((word) => all.includes(word)) ? CONTAINS : NONE;
  };
}

/** Folding thousands of titles takes longer than comparing them, and each key compares them again. */
function foldOnce(text: string): string {
  const known = folded.get(text);
  if (known !== undefined) return known;
  if (folded.size >= MOST_FOLDED) folded.clear();
  const plain = fold(text);
  folded.set(text, plain);
  return plain;
}
