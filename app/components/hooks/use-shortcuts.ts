import { useEffect } from "react";
import type { Commands } from "~/browser/page/commands";
import type { PreferencesStore } from "~/browser/storage/preferences";
import { commandOf, type TypingPlace } from "~/browser/page/shortcuts";
import { COMPOSER_ID } from "~/components/composer/focus-composer";

/** Elements that use letter keys: for typing, or to choose by the first letter. */
const TAKES_KEYS =
  "textarea, select, [contenteditable], [role=menu], [role=listbox], [role=combobox], input:not([type=checkbox], [type=radio], [type=range], [type=button])";

/** Runs the commands of pressed shortcuts. An open dialog handles its keys itself. */
export function useShortcuts(commands: Commands, preferences: PreferencesStore): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (event.defaultPrevented || document.querySelector("dialog[open], [aria-modal=true]")) return;
      const command = commandOf(event, placeOf(event.target), preferences.getSnapshot().singleKeys);
      if (command && commands.run(command)) event.preventDefault();
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
