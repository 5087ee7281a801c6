import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createStamper, mergeEntries, parseEntry, withValues, type ListEntry } from "./list-entry";

/** The entry of one writer after some edits, each at a time of its clock. */
const edits = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 3 }),
    values: fc.dictionary(
      fc.constantFrom("title", "pinned", "folder", "gone"),
      fc.oneof(fc.boolean(), fc.constantFrom("Tea", "Coffee", null)),
      { maxKeys: 2 },
    ),
  }),
  { maxLength: 4 },
);
const entry = fc.tuple(edits, fc.constantFrom(".a", ".b", ".c")).map(([made, writer]) => {
  let now = 0;
  const stamper = createStamper({ now: () => now }, writer);
  return made.reduce<ListEntry>((before, { at, values }) => {
    now = at;
    return withValues(before, values, stamper);
  }, {});
});

describe("merging entries", () => {
  test("merging gives the same entry in any order, and however often", () => {
    fc.assert(
      fc.property(entry, entry, entry, (a, b, c) => {
        expect(mergeEntries(a, b)).toEqual(mergeEntries(b, a));
        expect(mergeEntries(mergeEntries(a, b), c)).toEqual(mergeEntries(a, mergeEntries(b, c)));
        expect(mergeEntries(mergeEntries(a, b), b)).toEqual(mergeEntries(a, b));
      }),
    );
  });

  test("an edit is newer than what its writer has seen, whatever the clocks say", () => {
    const ahead = createStamper({ now: () => 2_000 }, ".z");
    const behind = createStamper({ now: () => 1_000 }, ".a");
    const first = withValues({}, { title: "Tea", pinned: true }, ahead);
    const second = withValues(first, { title: "Coffee" }, behind);
    const merged = mergeEntries(first, second);
    expect([merged.title![0], merged.pinned![0]]).toEqual(["Coffee", true]);
  });

  test("a deletion wins over later edits of a stale copy, and leaves nothing but itself", () => {
    const stamper = createStamper({ now: () => 1_000 }, ".a");
    const live = withValues({}, { id: "secret", title: "Tea" }, stamper);
    const gone = withValues(live, { gone: true }, stamper);
    const edited = withValues(live, { title: "Coffee" }, stamper);
    for (const merged of [mergeEntries(gone, edited), mergeEntries(edited, gone)]) {
      expect(Object.keys(merged)).toEqual(["gone"]);
    }
    expect(withValues(gone, { title: "Back" }, stamper)).toBe(gone);
  });

  test("fields of later versions are kept, and an entry is the same one if nothing changes", () => {
    const stamper = createStamper({ now: () => 1_000 }, ".a");
    const later = parseEntry('{"title":["Tea","00000000a.x"],"colour":[{"red":1},"00000000a.x"]}')!;
    const edited = withValues(later, { title: "Coffee" }, stamper);
    expect(edited.colour).toEqual([{ red: 1 }, "00000000a.x"]);
    expect(withValues(edited, { title: "Coffee" }, stamper)).toBe(edited);
    expect(mergeEntries(edited, later)).toBe(edited);
  });
});

test.each(["", "null", "[]", '"text"', "{", "{}", '{"title":"Tea"}', '{"title":["Tea","yesterday"]}'])(
  "a stored text that is no entry is none: %s",
  (text) => {
    expect(parseEntry(text)).toBeNull();
  },
);
