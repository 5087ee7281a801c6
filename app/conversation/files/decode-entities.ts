/** The characters that models write as entities. */
const ENTITIES = new Map(
  Object.entries({
    ...{ lt: "<", gt: ">", amp: "&", quot: '"', apos: "'", nbsp: " ", copy: "©", reg: "®", deg: "°" },
    ...{ mdash: "—", ndash: "–", hellip: "…", times: "×", rarr: "→", larr: "←", euro: "€" },
  }),
);

/** A text with the characters that its entities of HTML stand for. Others than decimal and the commonest names stay. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,6})|([a-z]+));/g, (entity, number?: string, name = "") =>
    number === undefined ? (ENTITIES.get(name) ?? entity) : String.fromCodePoint(Number(number)),
  );
}
