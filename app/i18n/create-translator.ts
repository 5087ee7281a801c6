import i18next, { type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import { LANGUAGES, type LanguageCode } from "./languages";
import { en } from "./locales/en";

/** Speaks English from the start, and every other language once it has been loaded. */
export type Translator = {
  i18n: i18n;
  /** The language that the page speaks now. */
  language: () => LanguageCode;
  /** Settles once the page speaks it. A language that cannot be loaded leaves the page as it was. */
  speak: (language: LanguageCode) => Promise<void>;
};

export function createTranslator(): Translator {
  const instance = i18next.createInstance();
  void instance.use(initReactI18next).init({
    resources: { en: { translation: en } },
    lng: "en",
    fallbackLng: "en",
    // React escapes.
    interpolation: { escapeValue: false },
    initAsync: false,
  });
  let wanted: LanguageCode = "en";

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
          // The network, most likely. English, or what was spoken before, can be read meanwhile.
          return;
        }
      }
      // The person may have chosen another one while this was on its way.
      if (wanted === language) await instance.changeLanguage(language);
    },
  };
}
