import type { TFunction } from "i18next";
import type { Shortcut } from "~/browser/page/shortcuts";

/** The keys of a shortcut, as labelled on this device's keyboard. */
export function keyNames({ key, mod, alt }: Shortcut, t: TFunction): string[] {
  const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);
  const names: Record<string, string> = { ArrowUp: "↑", ArrowDown: "↓" };
  return [
    ...(mod ? [isApple ? "⌘" : t("shortcuts.control")] : []),
    ...(alt ? [isApple ? "⌥" : t("shortcuts.alt")] : []),
    names[key] ?? key.toUpperCase(),
  ];
}
