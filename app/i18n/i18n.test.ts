import { describe, expect, test } from "vitest";
import { createTranslator } from "./create-translator";
import { chooseLanguage, LANGUAGE_CODES, LANGUAGES, type LanguageCode } from "./languages";
import { en } from "./locales/en";
import { sentenceFor } from "./user-error";

type Strings = { [key: string]: string | Strings };

/** `message.you` → its string, for every string in it. */
function flat(strings: Strings, prefix = ""): Map<string, string> {
  return new Map(
    Object.entries(strings).flatMap(([key, value]): [string, string][] =>
      typeof value === "string" ? [[prefix + key, value]] : [...flat(value, `${prefix}${key}.`)],
    ),
  );
}

const placeholders = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort();
const others = LANGUAGE_CODES.filter((code): code is Exclude<LanguageCode, "en"> => code !== "en");

describe.each(others)("the locale %s", (code) => {
  test("a language has all texts with the same variables as English, and none in English", async () => {
    const translation = flat((await LANGUAGES[code].load()) as unknown as Strings);
    const english = flat(en as unknown as Strings);
    // The same word in both, or a name.
    const same = ["app.name", "conversations.label", "conversations.session", "conversation.label"];
    same.push("shortcuts.control", "shortcuts.alt", "shortcuts.shift", "shortcuts.enter");
    same.push("composer.label", "message.assistant", "markdown.code", "markdown.codeIn", "settings.title");
    same.push("presets.name", "conversationSettings.efforts.minimal");
    same.push("transfer.kinds.images", "transfer.kinds.audio");
    same.push("message.details", "tools.details");
    same.push("model.takes.text", "model.takes.image", "message.cause");
    for (const [key, text] of english) {
      const base = key.replace(/_(zero|one|two|few|many)$/, "_other");
      const own = translation.get(key) ?? translation.get(base);
      expect(own, key).toBeTruthy();
      // The number may be in the word itself: “one message”.
      if (!/_(zero|one|two)$/.test(key)) expect(placeholders(own!), key).toEqual(placeholders(text));
      if (!same.includes(key)) expect(own, key).not.toBe(text);
    }
  });

  test("a language has each plural form that it needs", async () => {
    const translation = flat((await LANGUAGES[code].load()) as unknown as Strings);
    const endings = new Intl.PluralRules(code).resolvedOptions().pluralCategories;
    const counted = [...translation.keys()].filter((key) => key.endsWith("_other"));
    for (const key of counted) {
      for (const ending of endings) expect([...translation.keys()]).toContain(key.replace("other", ending));
    }
  });
});

test("the page uses the first language of the browser that it has, else English", () => {
  expect(chooseLanguage(["tlh", "de-CH", "en"])).toBe("de");
  expect(chooseLanguage(["AR-eg"])).toBe("ar");
  expect(chooseLanguage(["zu", "constructor"])).toBe("en");
  expect(chooseLanguage([])).toBe("en");
});

test("a language applies once it is loaded, and the last choice wins", async () => {
  const { i18n, speak, language } = createTranslator();
  expect(i18n.t("composer.send")).toBe("Send");
  await Promise.all([speak("de"), speak("fr")]);
  expect(language()).toBe("fr");
  expect(i18n.t("composer.send")).toBe("Envoyer");
});

test("an error is shown in the page's language, and an unknown one with the server's sentence", async () => {
  const { i18n, speak } = createTranslator();
  const busy = { code: "reply_running", message: "As the server says it." };
  expect(sentenceFor(i18n.t, busy)).toBe("As the server says it.");
  await speak("de");
  expect(sentenceFor(i18n.t, busy)).toMatch(/^Die vorige Antwort/);
  expect(sentenceFor(i18n.t, { code: "from_the_future", message: "New." })).toBe("New.");
  expect(sentenceFor(i18n.t, { code: "__proto__", message: "Odd." })).toBe("Odd.");
});
