import { expect, test } from "vitest";
import { COMMANDS, commandOf, SHORTCUTS, type PressedKey, type TypingPlace } from "./shortcuts";

const OUTSIDE: TypingPlace = { kind: "elsewhere", isEmpty: true };
const EMPTY: TypingPlace = { kind: "composer", isEmpty: true };
const TYPING: TypingPlace = { kind: "composer", isEmpty: false };

function press(key: string, more: Partial<PressedKey> = {}): PressedKey {
  const held = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
  return { key, code: "", isComposing: false, keyCode: 0, ...held, ...more };
}

test("every command has a shortcut, and no two of them the same one", () => {
  expect(COMMANDS.filter((command) => !SHORTCUTS.some((shortcut) => shortcut.command === command))).toEqual(
    [],
  );
  const keys = SHORTCUTS.map(({ key, mod, alt, place }) => `${mod ?? ""} ${alt ?? ""} ${key} ${place}`);
  expect(new Set(keys).size).toBe(SHORTCUTS.length);
});

test("single keys are commands where nothing is typed, and letters where something is", () => {
  expect(commandOf(press("n"), OUTSIDE, true)).toBe("new");
  expect(commandOf(press("?", { shiftKey: true }), OUTSIDE, true)).toBe("help");
  for (const at of [EMPTY, TYPING, { kind: "text", isEmpty: true } as const]) {
    expect(commandOf(press("n"), at, true)).toBeNull();
    expect(commandOf(press("?"), at, true)).toBeNull();
  }
});

test("single keys can be switched off, the others stay", () => {
  expect(commandOf(press("n"), OUTSIDE, false)).toBeNull();
  expect(commandOf(press("?"), OUTSIDE, false)).toBeNull();
  expect(commandOf(press("k", { ctrlKey: true }), OUTSIDE, false)).toBe("palette");
});

test("a key held together with others is left to the browser", () => {
  expect(commandOf(press("n", { ctrlKey: true }), OUTSIDE, true)).toBeNull();
  expect(commandOf(press("N", { shiftKey: true }), OUTSIDE, true)).toBeNull();
  expect(commandOf(press("k", { ctrlKey: true, shiftKey: true }), OUTSIDE, true)).toBeNull();
  // AltGr, as in the Polish ł.
  expect(commandOf(press("k", { ctrlKey: true, altKey: true }), TYPING, true)).toBeNull();
});

test("the palette opens with Ctrl and with Cmd, also in mid-sentence, on any keyboard", () => {
  expect(commandOf(press("k", { metaKey: true }), TYPING, true)).toBe("palette");
  expect(commandOf(press("K", { ctrlKey: true }), TYPING, true)).toBe("palette");
  expect(commandOf(press("л", { ctrlKey: true, code: "KeyK" }), TYPING, true)).toBe("palette");
  // Dvorak: K is where QWERTY has V.
  expect(commandOf(press("k", { ctrlKey: true, code: "KeyV" }), TYPING, true)).toBe("palette");
  expect(commandOf(press("t", { ctrlKey: true, code: "KeyK" }), TYPING, true)).toBeNull();
});

test("arrows move the cursor in a text, and lead to other places where there is none", () => {
  expect(commandOf(press("ArrowUp"), EMPTY, true)).toBe("edit");
  expect(commandOf(press("ArrowUp"), TYPING, true)).toBeNull();
  expect(commandOf(press("ArrowUp"), OUTSIDE, true)).toBeNull();
  expect(commandOf(press("ArrowDown", { altKey: true }), EMPTY, true)).toBe("next");
  expect(commandOf(press("ArrowDown", { altKey: true }), TYPING, true)).toBeNull();
});

test("a key that belongs to a word being composed is no command", () => {
  expect(commandOf(press("k", { ctrlKey: true, isComposing: true }), TYPING, true)).toBeNull();
  expect(commandOf(press("ArrowUp", { keyCode: 229 }), EMPTY, true)).toBeNull();
});
