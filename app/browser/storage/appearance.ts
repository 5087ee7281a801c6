import { LANGUAGES, type LanguageCode } from "~/i18n/languages";
import { LIST_KEY } from "~/browser/conversations/conversation-list";
import { PREFERENCES_KEY, type Preferences } from "./preferences";

/** Puts theme, text size and language on the document, where styles and screen readers look for them. */
export function showAppearance(
  root: HTMLElement,
  { theme, textSize }: Pick<Preferences, "theme" | "textSize">,
  language: LanguageCode,
): void {
  root.dataset.theme = theme;
  root.dataset.textSize = textSize;
  root.lang = language;
  root.dir = LANGUAGES[language].direction;
  // The browser's own bars take the colour of the page, and know no theme but the system's.
  // Not `--ground`, which is a pair of colours.
  const ground = getComputedStyle(document.body).backgroundColor;
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.dataset.ofSystem ??= meta.content;
    meta.content = theme === "system" ? meta.dataset.ofSystem : ground;
  }
}

/**
 * Runs in the head, before anything is drawn: who has chosen the dark theme must not be shown a light page first.
 * It says less than `showAppearance`, which follows as soon as the page is there. And who comes for the first time is
 * greeted by what the server has sent, which is in English.
 */
export const APPEARANCE_SCRIPT = `try {
  var kept = JSON.parse(localStorage.getItem(${JSON.stringify(PREFERENCES_KEY)}) || "{}");
  if (typeof kept.theme === "string") document.documentElement.dataset.theme = kept.theme;
  if (typeof kept.textSize === "string") document.documentElement.dataset.textSize = kept.textSize;
  var speaksEnglish = /^en\\b/.test(kept.language || navigator.language);
  if (speaksEnglish && !localStorage.getItem(${JSON.stringify(LIST_KEY)})) document.documentElement.dataset.newcomer = "";
} catch {}`;
