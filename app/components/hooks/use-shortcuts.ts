import { useEffect } from "react";
import type { Commands } from "~/browser/page/commands";
import type { PreferencesStore } from "~/browser/storage/preferences";
import { commandOf, startsText, type TypingPlace } from "~/browser/page/shortcuts";
import { COMPOSER_ID } from "~/components/composer/focus-composer";
import { isApple } from "~/components/primitives/key-names";

/** Elements that use letter keys: for typing, or to choose by the first letter. */
const TAKES_KEYS =
  "textarea, select, [contenteditable], [role=menu], [role=listbox], [role=combobox], input:not([type=checkbox], [type=radio], [type=range], [type=button])";

/**
 * Runs the commands of pressed shortcuts, and directs text that is typed outside text fields to the composer. An open
 * dialog handles its keys itself.
 */
export function useShortcuts(commands: Commands, preferences: PreferencesStore): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (event.defaultPrevented || document.querySelector("dialog[open], [aria-modal=true]")) return;
      const place = placeOf(event.target);
      const command = commandOf(event, place, preferences.getSnapshot().singleKeys);
      if (command && commands.run(command, true)) event.preventDefault();
      // The browser inserts the character, or the clipboard, where the focus is after this event.
      else if (place.kind === "elsewhere" && startsText(event, isApple()))
        document.getElementById(COMPOSER_ID)?.focus();
    }
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [commands, preferences]);
}

function placeOf(target: EventTarget | null): TypingPlace {
  const field = target instanceof Element ? target.closest(TAKES_KEYS) : null;
  if (!field) return { kind: "elsewhere", isEmpty: true };
  const isText = field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement;
  return { kind: field.id === COMPOSER_ID ? "composer" : "text", isEmpty: isText && field.value === "" };
}
