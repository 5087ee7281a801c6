import type { Translation } from "./translation";

type Language = {
  /** In the language itself, as its speakers look for it. */
  name: string;
  direction: "ltr" | "rtl";
  /** Null for English, which is built in. */
  load: (() => Promise<Translation>) | null;
};

/** The languages of the interface. To add one, write its locale and list it here. */
export const LANGUAGES = {
  en: { name: "English", direction: "ltr", load: null },
  de: { name: "Deutsch", direction: "ltr", load: () => import("./locales/de").then(({ de }) => de) },
  es: { name: "Español", direction: "ltr", load: () => import("./locales/es").then(({ es }) => es) },
  fr: { name: "Français", direction: "ltr", load: () => import("./locales/fr").then(({ fr }) => fr) },
  it: { name: "Italiano", direction: "ltr", load: () => import("./locales/it").then(({ it }) => it) },
  pl: { name: "Polski", direction: "ltr", load: () => import("./locales/pl").then(({ pl }) => pl) },
  pt: {
    name: "Português (Brasil)",
    direction: "ltr",
    load: () => import("./locales/pt").then(({ pt }) => pt),
  },
  tr: { name: "Türkçe", direction: "ltr", load: () => import("./locales/tr").then(({ tr }) => tr) },
  ru: { name: "Русский", direction: "ltr", load: () => import("./locales/ru").then(({ ru }) => ru) },
  zh: { name: "简体中文", direction: "ltr", load: () => import("./locales/zh").then(({ zh }) => zh) },
  ja: { name: "日本語", direction: "ltr", load: () => import("./locales/ja").then(({ ja }) => ja) },
  ko: { name: "한국어", direction: "ltr", load: () => import("./locales/ko").then(({ ko }) => ko) },
  ar: { name: "العربية", direction: "rtl", load: () => import("./locales/ar").then(({ ar }) => ar) },
  hi: { name: "हिन्दी", direction: "ltr", load: () => import("./locales/hi").then(({ hi }) => hi) },
} as const satisfies Record<string, Language>;

export type LanguageCode = keyof typeof LANGUAGES;

/** Where the code alone leaves the script, or the accent of a voice, open. */
const TAGS: { readonly [Code in LanguageCode]?: string } = { zh: "zh-Hans", pt: "pt-BR" };

/** The language as an attribute `lang` names it: browsers choose fonts and voices by it. */
export function languageTag(code: LanguageCode): string {
  return TAGS[code] ?? code;
}

export const LANGUAGE_CODES = Object.keys(LANGUAGES) as LanguageCode[];

export function isLanguageCode(value: unknown): value is LanguageCode {
  return typeof value === "string" && Object.hasOwn(LANGUAGES, value);
}

/**
 * The first of the wanted languages that the page has, by its primary tag (`de` for `de-CH`); else English. Readers of
 * traditional Chinese get the simplified script, and readers in Portugal Brazilian texts: both can read these, while
 * English may be a language that they do not know.
 */
export function chooseLanguage(wanted: readonly string[]): LanguageCode {
  return wanted.map((tag) => tag.toLowerCase().split("-")[0]).find(isLanguageCode) ?? "en";
}
