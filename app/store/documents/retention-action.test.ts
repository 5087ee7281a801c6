import { expect, test } from "vitest";
import { retentionAction, type DocumentAge } from "./retention-action";

const limits = { maxAge: 30, graceMs: 7 };

test.each<[ReturnType<typeof retentionAction>, string, Omit<DocumentAge, "isFinal">]>([
  ["keep", "a young session", { fileAge: 29, retiredAge: null, hasLeftovers: true }],
  ["retire", "an old session", { fileAge: 30, retiredAge: null, hasLeftovers: false }],
  ["purge", "a retired session with leftovers", { fileAge: 100, retiredAge: 100, hasLeftovers: true }],
  ["keep", "a tombstone that is young by its file", { fileAge: 6, retiredAge: 100, hasLeftovers: false }],
  ["keep", "a tombstone that is young by its timestamp", { fileAge: 9, retiredAge: 6, hasLeftovers: false }],
  ["remove", "a tombstone that is old by both clocks", { fileAge: 7, retiredAge: 7, hasLeftovers: false }],
])("a sweep decides to %s %s", (action, _, age) => {
  expect(retentionAction({ isFinal: false, ...age }, limits)).toBe(action);
});

test("a sweep keeps a tombstone that stays for good, and removes what is beside it", () => {
  const old = { fileAge: 100, retiredAge: 100, isFinal: true };
  expect(retentionAction({ ...old, hasLeftovers: true }, limits)).toBe("purge");
  expect(retentionAction({ ...old, hasLeftovers: false }, limits)).toBe("keep");
});
