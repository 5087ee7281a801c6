import { expect, test } from "vitest";
import { MAX_ALLOWED_TOOLS } from "./call-state";
import { editToolChoice, mergeToolEdits } from "./tool-choice";

test("choices are changed one by one, and the operator's default is no choice", () => {
  const one = editToolChoice(undefined, { use: { files: false }, allowed: { files_read: true } });
  expect(one).toEqual({ use: { files: false }, allowed: ["files_read"] });
  const two = editToolChoice(one, { use: { files: null, web: true }, allowed: { web_get: true } });
  expect(two).toEqual({ use: { web: true }, allowed: ["files_read", "web_get"] });
  expect(editToolChoice(two, { allowed: { files_read: false, web_get: false } })).toEqual({
    use: { web: true },
  });
  expect(editToolChoice({ use: { web: true } }, { use: { web: null } })).toBeUndefined();
});

test("an edit that changes nothing returns the same choices", () => {
  const choice = { use: { files: false }, allowed: ["a_b"] };
  expect(editToolChoice(choice, { use: { files: false }, allowed: { a_b: true, c_d: false } })).toBe(choice);
  expect(editToolChoice(choice)).toBe(choice);
  expect(editToolChoice(undefined, { use: { files: null } })).toBeUndefined();
});

test("no more tools are allowed than a session may store: the newest", () => {
  const names = Array.from({ length: MAX_ALLOWED_TOOLS + 1 }, (_, index) => `t_${String(index)}`);
  const allowed = Object.fromEntries(names.map((name) => [name, true]));
  expect(editToolChoice(undefined, { allowed })!.allowed).toEqual(names.slice(1));
});

test("merged edits do what both do", () => {
  const one = { use: { a: true, b: false }, allowed: { x: true } };
  const two = { use: { b: null }, allowed: { x: false, y: true } };
  const choice = { use: { c: true }, allowed: ["z"] };
  expect(editToolChoice(choice, mergeToolEdits(one, two))).toEqual(
    editToolChoice(editToolChoice(choice, one), two),
  );
  expect(mergeToolEdits({}, {})).toEqual({});
});
