import type { TFunction } from "i18next";
import type { Shortcut } from "~/browser/page/shortcuts";

export function isApple(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}

/** The keys of a shortcut, as labelled on this device's keyboard. */
export function keyNames(
  { key, mod, alt, shift }: Omit<Shortcut, "command" | "place">,
  t: TFunction,
): string[] {
  const names: Record<string, string> = { ArrowUp: "↑", ArrowDown: "↓", Enter: t("shortcuts.enter") };
  return [
    ...(mod ? [isApple() ? "⌘" : t("shortcuts.control")] : []),
    ...(alt ? [isApple() ? "⌥" : t("shortcuts.alt")] : []),
    ...(shift ? [isApple() ? "⇧" : t("shortcuts.shift")] : []),
    names[key] ?? (key.length === 1 ? key.toUpperCase() : key),
  ];
}
