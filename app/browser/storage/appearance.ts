import { LANGUAGES, languageTag, type LanguageCode } from "~/i18n/languages";
import { LIST_KEY } from "~/browser/conversations/earlier-list";
import { PREFERENCES_KEY, type Preferences } from "./preferences";

/** Sets theme, text size and language on the document, for styles and screen readers. */
export function showAppearance(
  root: HTMLElement,
  { theme, textSize }: Pick<Preferences, "theme" | "textSize">,
  language: LanguageCode,
): void {
  root.dataset.theme = theme;
  root.dataset.textSize = textSize;
  root.lang = languageTag(language);
  root.dir = LANGUAGES[language].direction;
  // The browser's own bars follow the system's theme unless they are given a colour. `--ground` cannot be used: it is
  // a pair of colours.
  const ground = getComputedStyle(document.body).backgroundColor;
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.dataset.ofSystem ??= meta.content;
    meta.content = theme === "system" ? meta.dataset.ofSystem : ground;
  }
}

/**
 * Runs in the head, before the page is drawn, so that a person with the dark theme never sees a light page. Sets less
 * than `showAppearance`, which runs later. On a first visit in English it also shows the server's greeting.
 */
export const APPEARANCE_SCRIPT = `try {
  var kept = JSON.parse(localStorage.getItem(${JSON.stringify(PREFERENCES_KEY)}) || "{}");
  if (typeof kept.theme === "string") document.documentElement.dataset.theme = kept.theme;
  if (typeof kept.textSize === "string") document.documentElement.dataset.textSize = kept.textSize;
  var speaksEnglish = /^en\\b/.test(kept.language || navigator.language);
  if (speaksEnglish && !localStorage.getItem(${JSON.stringify(LIST_KEY)})) document.documentElement.dataset.newcomer = "";
} catch {}`;
