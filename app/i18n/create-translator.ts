import i18next, { type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import { DEFAULT_BRAND } from "~/conversation/brand";
import { LANGUAGES, type LanguageCode } from "./languages";
import { onLaterTexts } from "./later-texts";
import { enFirst } from "./locales/en-first";

/** Letters of scripts that are written from right to left: Hebrew, Arabic, Syriac and their neighbours. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** The language of the page. What the first view needs is built in, in English; the rest of it and other languages are loaded. */
export type Translator = {
  i18n: i18n;
  /** The current language of the page. */
  language: () => LanguageCode;
  /** Changes the language. Resolves also if it cannot be loaded, in which case the page keeps its language. */
  speak: (language: LanguageCode) => Promise<void>;
};

/** @param app the name of the service, for texts that contain it */
export function createTranslator(app = DEFAULT_BRAND.name): Translator {
  const instance = i18next.createInstance();
  void instance.use(initReactI18next).init({
    resources: { en: { translation: enFirst } },
    lng: "en",
    fallbackLng: "en",
    interpolation: { escape: isolated, defaultVariables: { app } },
    initAsync: false,
    // Components draw again once the later texts are there.
    react: { bindI18nStore: "added" },
  });
  onLaterTexts((texts) => instance.addResourceBundle("en", "translation", texts));
  let wanted: LanguageCode = "en";

  /** React escapes texts itself. Marks keep what is inserted from reordering the sentence: “++C” for “C++” in Arabic. */
  function isolated(value: string): string {
    const isMixed =
      LANGUAGES[instance.language as LanguageCode].direction === "rtl" || RIGHT_TO_LEFT.test(value);
    return isMixed ? `\u2068${value}\u2069` : value;
  }

  return {
    i18n: instance,
    language: () => instance.language as LanguageCode,
    async speak(language) {
      wanted = language;
      const { load } = LANGUAGES[language];
      if (load && !instance.hasResourceBundle(language, "translation")) {
        try {
          instance.addResourceBundle(language, "translation", await load());
        } catch {
          // Most likely the network failed. The page keeps its language.
          return;
        }
      }
      // The person may have chosen another language meanwhile.
      if (wanted === language) await instance.changeLanguage(language);
    },
  };
}
