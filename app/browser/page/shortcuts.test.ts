import { expect, test } from "vitest";
import { commandOf, SHORTCUTS, startsText, type PressedKey, type TypingPlace } from "./shortcuts";

const OUTSIDE: TypingPlace = { kind: "elsewhere", isEmpty: true };
const EMPTY: TypingPlace = { kind: "composer", isEmpty: true };
const TYPING: TypingPlace = { kind: "composer", isEmpty: false };

function press(key: string, more: Partial<PressedKey> = {}): PressedKey {
  const held = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
  return { key, code: "", isComposing: false, keyCode: 0, ...held, ...more };
}

test("no two commands have the same shortcut", () => {
  const keys = SHORTCUTS.map(
    ({ key, mod, alt, shift, place }) => `${mod ?? ""} ${alt ?? ""} ${shift ?? ""} ${key} ${place}`,
  );
  expect(new Set(keys).size).toBe(SHORTCUTS.length);
});

test("single keys are commands outside text fields, and letters in them", () => {
  expect(commandOf(press("n"), OUTSIDE, true)).toBe("new");
  expect(commandOf(press("?", { shiftKey: true }), OUTSIDE, true)).toBe("help");
  for (const at of [EMPTY, TYPING, { kind: "text", isEmpty: true } as const]) {
    expect(commandOf(press("n"), at, true)).toBeNull();
    expect(commandOf(press("?"), at, true)).toBeNull();
  }
});

test("switching off single keys keeps the other shortcuts", () => {
  expect(commandOf(press("n"), OUTSIDE, false)).toBeNull();
  expect(commandOf(press("?"), OUTSIDE, false)).toBeNull();
  expect(commandOf(press("k", { ctrlKey: true }), OUTSIDE, false)).toBe("palette");
});

test("keys with other modifiers are left to the browser", () => {
  expect(commandOf(press("n", { ctrlKey: true }), OUTSIDE, true)).toBeNull();
  expect(commandOf(press("N", { shiftKey: true }), OUTSIDE, true)).toBeNull();
  expect(commandOf(press("k", { ctrlKey: true, shiftKey: true }), OUTSIDE, true)).toBeNull();
  // AltGr, as in the Polish ł.
  expect(commandOf(press("k", { ctrlKey: true, altKey: true }), TYPING, true)).toBeNull();
});

test("the palette opens with Ctrl or Cmd, also in text fields, on any keyboard", () => {
  expect(commandOf(press("k", { metaKey: true }), TYPING, true)).toBe("palette");
  expect(commandOf(press("K", { ctrlKey: true }), TYPING, true)).toBe("palette");
  expect(commandOf(press("л", { ctrlKey: true, code: "KeyK" }), TYPING, true)).toBe("palette");
  // Dvorak: K is where QWERTY has V.
  expect(commandOf(press("k", { ctrlKey: true, code: "KeyV" }), TYPING, true)).toBe("palette");
  expect(commandOf(press("t", { ctrlKey: true, code: "KeyK" }), TYPING, true)).toBeNull();
});

test("arrows move the cursor in a text, and are commands in an empty field", () => {
  expect(commandOf(press("ArrowUp"), EMPTY, true)).toBe("edit");
  expect(commandOf(press("ArrowUp"), TYPING, true)).toBeNull();
  expect(commandOf(press("ArrowUp"), OUTSIDE, true)).toBeNull();
  expect(commandOf(press("ArrowDown", { altKey: true }), EMPTY, true)).toBe("next");
  expect(commandOf(press("ArrowDown", { altKey: true }), TYPING, true)).toBeNull();
});

test("a key during the composition of a word is not a command", () => {
  expect(commandOf(press("k", { ctrlKey: true, isComposing: true }), TYPING, true)).toBeNull();
  expect(commandOf(press("ArrowUp", { keyCode: 229 }), EMPTY, true)).toBeNull();
});

test.each([
  ["a letter", press("n"), true],
  ["a capital letter", press("N", { shiftKey: true }), true],
  ["a sign", press("?", { shiftKey: true }), true],
  ["a letter beyond the basic plane", press("𞤀"), true],
  ["a letter with its accent, after the dead key", press("é"), true],
  ["the first key of an input method", press("Process", { keyCode: 229 }), true],
  ["Ctrl+V", press("v", { ctrlKey: true }), true],
  ["Ctrl+Shift+V on a Russian keyboard", press("М", { ctrlKey: true, shiftKey: true, code: "KeyV" }), true],
  ["Shift+Insert", press("Insert", { shiftKey: true }), true],
  ["space", press(" "), false],
  ["a dead key", press("Dead"), false],
  ["Enter", press("Enter"), false],
  ["an arrow", press("ArrowUp"), false],
  ["Ctrl+C", press("c", { ctrlKey: true }), false],
  ["Cmd+A", press("a", { metaKey: true }), false],
  ["Alt+F", press("f", { altKey: true }), false],
])("%s starts a text or does not", (_, pressed, wanted) => {
  expect(startsText(pressed, false)).toBe(wanted);
});

test("the Option key of a Mac types characters", () => {
  expect(startsText(press("@", { altKey: true }), true)).toBe(true);
});

test("a shortcut with Shift needs it", () => {
  expect(commandOf(press("O", { ctrlKey: true, shiftKey: true }), TYPING, false)).toBe("new");
  expect(commandOf(press("o", { ctrlKey: true }), TYPING, false)).toBeNull();
});
