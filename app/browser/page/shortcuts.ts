/** Where a shortcut works: what is typed into a text must go into it. */
type Place =
  /** Everywhere: it is pressed together with Ctrl or Cmd. */
  | "anywhere"
  /** Where no text is typed; a single key, which can be switched off. */
  | "outside-text"
  /** Where no text is typed, and in a text without a character. */
  | "empty-text"
  /** In the composer while nothing is in it. */
  | "empty-composer";

export type Shortcut = {
  command: CommandId;
  /** As in `KeyboardEvent.key`; letters in lower case. */
  key: string;
  /** Ctrl, or Cmd on a Mac. */
  mod?: true;
  alt?: true;
  place: Place;
};

/** What can be done from anywhere in the page, in the order of the help sheet and the palette. */
export const COMMANDS = [
  "new",
  "compose",
  "list",
  "previous",
  "next",
  "stop",
  "copy",
  "edit",
  "sidebar",
  "settings",
  "palette",
  "help",
] as const;

export type CommandId = (typeof COMMANDS)[number];

/**
 * Every shortcut of the page. Single keys work where nothing is typed, so a screen reader's own keys come first.
 * Of the combinations with Ctrl, Cmd and Alt only those are taken that browsers and screen readers leave.
 */
export const SHORTCUTS: readonly Shortcut[] = [
  { command: "new", key: "n", place: "outside-text" },
  { command: "compose", key: "m", place: "outside-text" },
  { command: "list", key: "l", place: "outside-text" },
  { command: "previous", key: "ArrowUp", alt: true, place: "empty-text" },
  { command: "next", key: "ArrowDown", alt: true, place: "empty-text" },
  { command: "stop", key: ".", mod: true, place: "anywhere" },
  { command: "copy", key: "c", place: "outside-text" },
  { command: "edit", key: "ArrowUp", place: "empty-composer" },
  { command: "edit", key: "e", place: "outside-text" },
  { command: "sidebar", key: "b", place: "outside-text" },
  { command: "settings", key: ",", place: "outside-text" },
  { command: "palette", key: "k", mod: true, place: "anywhere" },
  { command: "help", key: "?", place: "outside-text" },
  { command: "help", key: "/", mod: true, place: "anywhere" },
];

export type PressedKey = Pick<
  KeyboardEvent,
  "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "isComposing" | "keyCode"
>;

/** Where the focus is when a key is pressed. */
export type TypingPlace = { kind: "text" | "composer" | "elsewhere"; isEmpty: boolean };

/** The command that a pressed key means, or null. */
export function commandOf(pressed: PressedKey, at: TypingPlace, singleKeys: boolean): CommandId | null {
  // The keys that end the composition of a word (as in Japanese) belong to the word.
  if (pressed.isComposing || pressed.keyCode === 229) return null;
  const shortcut = SHORTCUTS.find(
    ({ place, ...wanted }) => isPressed(wanted, pressed) && isFit(place, at, singleKeys),
  );
  return shortcut?.command ?? null;
}

function isPressed({ key, mod, alt }: Omit<Shortcut, "place">, pressed: PressedKey): boolean {
  // Both together are AltGr on Windows, with which people type.
  if (pressed.ctrlKey && pressed.altKey) return false;
  if ((pressed.ctrlKey || pressed.metaKey) !== (mod ?? false)) return false;
  if (pressed.altKey !== (alt ?? false)) return false;
  // Signs are on Shift on some keyboards and not on others.
  if (pressed.shiftKey && /^([a-z]|Arrow\w+)$/.test(key)) return false;
  return keyOf(pressed) === key;
}

/** A keyboard without Latin letters (Russian, Greek, Arabic) has them where the signs on its keys say so. */
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
