import type { CommandId } from "./commands";

/** Where a shortcut works, so that it never takes a key away from a text field. */
type Place =
  /** Everywhere: a key that types nothing, such as a combination with Ctrl or Cmd. */
  | "anywhere"
  /** Outside text fields; a single key, which is off by default: such a key goes into the message box. */
  | "outside-text"
  /** Outside text fields, and in empty ones. */
  | "empty-text"
  /** In the empty composer. */
  | "empty-composer";

export type Shortcut = {
  command: CommandId;
  /** As in `KeyboardEvent.key`; letters in lower case. */
  key: string;
  /** Ctrl, or Cmd on a Mac. */
  mod?: true;
  alt?: true;
  /** Only for letters and named keys: whether a sign needs Shift depends on the keyboard. */
  shift?: true;
  place: Place;
};

/**
 * Every shortcut of the page. Combinations with Ctrl, Cmd and Alt are limited to those that every browser leaves to the
 * page and no screen reader uses; Ctrl+Shift+O and Ctrl+Shift+S are the same as in other chat apps.
 */
export const SHORTCUTS: readonly Shortcut[] = [
  { command: "new", key: "o", mod: true, shift: true, place: "anywhere" },
  { command: "new", key: "n", place: "outside-text" },
  { command: "compose", key: "m", place: "outside-text" },
  { command: "find", key: "f", mod: true, place: "anywhere" },
  { command: "list", key: "l", place: "outside-text" },
  { command: "previous", key: "ArrowUp", alt: true, place: "empty-text" },
  { command: "next", key: "ArrowDown", alt: true, place: "empty-text" },
  { command: "stop", key: ".", mod: true, place: "anywhere" },
  { command: "copy", key: "c", place: "outside-text" },
  { command: "edit", key: "ArrowUp", place: "empty-composer" },
  { command: "edit", key: "e", place: "outside-text" },
  { command: "rename", key: "F2", place: "anywhere" },
  { command: "sidebar", key: "s", mod: true, shift: true, place: "anywhere" },
  { command: "sidebar", key: "b", place: "outside-text" },
  { command: "settings", key: ",", place: "outside-text" },
  { command: "palette", key: "k", mod: true, place: "anywhere" },
  { command: "help", key: "/", mod: true, place: "anywhere" },
  { command: "help", key: "?", place: "outside-text" },
];

export type PressedKey = Pick<
  KeyboardEvent,
  "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "isComposing" | "keyCode"
>;

/** Where the focus is when a key is pressed. */
export type TypingPlace = { kind: "text" | "composer" | "elsewhere"; isEmpty: boolean };

/** The command of a pressed key, or null. */
export function commandOf(pressed: PressedKey, at: TypingPlace, singleKeys: boolean): CommandId | null {
  // Keys during the composition of a word, as in Japanese, belong to the input method.
  if (pressed.isComposing || pressed.keyCode === 229) return null;
  const shortcut = SHORTCUTS.find(
    ({ place, ...wanted }) => isPressed(wanted, pressed) && isFit(place, at, singleKeys),
  );
  return shortcut?.command ?? null;
}

/**
 * Whether a key types a character or pastes, so that the message box is to have it. Space is left out: it scrolls, and
 * presses buttons. So is a dead key: the browser waits for the letter, and passes on the accented one.
 */
export function startsText(pressed: PressedKey, isApple: boolean): boolean {
  const { key, keyCode, ctrlKey, metaKey, altKey, shiftKey } = pressed;
  // For an input method, which composes in the element that has the focus after this event.
  if (key === "Process" || keyCode === 229) return true;
  const isPaste = (ctrlKey || metaKey) && !altKey && keyOf(pressed) === "v";
  if (isPaste || (shiftKey && key === "Insert")) return true;
  // The Option key of a Mac types characters. So does AltGr, for which browsers report neither Ctrl nor Alt.
  if (ctrlKey || metaKey || (altKey && !isApple)) return false;
  return [...key].length === 1 && key !== " ";
}

function isPressed({ key, mod, alt, shift }: Omit<Shortcut, "place">, pressed: PressedKey): boolean {
  // Ctrl with Alt is AltGr on Windows, which types characters.
  if (pressed.ctrlKey && pressed.altKey) return false;
  if ((pressed.ctrlKey || pressed.metaKey) !== (mod ?? false)) return false;
  if (pressed.altKey !== (alt ?? false)) return false;
  if (/^\w/.test(key) && pressed.shiftKey !== (shift ?? false)) return false;
  return keyOf(pressed) === key;
}

/** On keyboards for other scripts (Russian, Greek, Arabic), the Latin letter of the same physical key. */
function keyOf({ key, code }: PressedKey): string {
  const isForeign = key.length === 1 && key > "\u007f";
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  return isForeign && letter ? letter.toLowerCase() : key.length === 1 ? key.toLowerCase() : key;
}

function isFit(place: Place, { kind, isEmpty }: TypingPlace, singleKeys: boolean): boolean {
  switch (place) {
    case "anywhere":
      return true;
    case "outside-text":
      return kind === "elsewhere" && singleKeys;
    case "empty-text":
      return kind === "elsewhere" || isEmpty;
    case "empty-composer":
      return kind === "composer" && isEmpty;
  }
}
