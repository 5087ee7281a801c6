import fc from "fast-check";
import { entryKey } from "~/browser/conversations/conversation-list";
import type { Field } from "~/browser/conversations/list-entry";
import { KINDS, type KeyringDocument } from "./document";

const time = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 32_503_680_000_000 }));
const value = fc.oneof(
  fc.jsonValue(),
  fc.constant("2026-11-29T12:00:00.000Z"),
  fc.constant("2026-02-30T12:00:00.000Z"),
  fc.string({ unit: "grapheme" }),
);
const field = fc
  .tuple(value, time, fc.constantFrom(".a", ".b", ".laptop"))
  .map(([set, at, writer]): Field => [
    JSON.parse(JSON.stringify(set)),
    at.toString(36).padStart(9, "0") + writer,
  ]);
const entry = fc.dictionary(
  fc.oneof(fc.constantFrom("title", "updatedAt", "gone", "7"), fc.string({ minLength: 1 })),
  field,
  { minKeys: 1, maxKeys: 4, noNullPrototype: true },
);
const id = fc.stringMatching(/^[A-Za-z0-9_-]{22}$/);
const conversation = fc
  .tuple(id, field, entry)
  .map(
    ([secret, [, stamp], rest]) =>
      [KINDS.list + entryKey(secret), { ...rest, id: [secret, stamp] as const }] as const,
  );
const other = fc.tuple(fc.string({ minLength: 1 }), entry);

/** Documents with conversations, and entries of any kind. For tests. */
export const randomDocument: fc.Arbitrary<KeyringDocument> = fc.record({
  entries: fc.array(fc.oneof(conversation, other), { maxLength: 8 }).map((list) => new Map(list)),
  horizon: fc.nat(),
});
