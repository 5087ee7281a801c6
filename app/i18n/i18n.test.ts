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

const others = LANGUAGE_CODES.filter((code): code is Exclude<LanguageCode, "en"> => code !== "en");

/** Names and keys, which a language may write as English does. */
const NAMES = ["app.name", "shortcuts.control", "shortcuts.alt", "shortcuts.shift", "shortcuts.enter"];

/** Words that a language has in common with English. */
const SAME_WORDS: { readonly [Code in LanguageCode]?: readonly string[] } = {
  de: [
    "model.takes.text",
    "tools.label",
    "tools.details",
    "message.details",
    "markdown.code",
    "markdown.codeIn",
    "share.link",
    "conversationSettings.efforts.minimal",
    "presets.name",
    "settings.themes.system",
  ],
  es: ["transfer.kinds.audio"],
  fr: [
    "conversations.label",
    "conversations.session",
    "conversation.label",
    "composer.label",
    "model.takes.image",
    "tools.arguments",
    "message.sources",
    "message.assistant",
    "message.cause",
    "message.versions",
    "markdown.code",
    "markdown.alerts.important",
    "transfer.kinds.images",
    "transfer.kinds.audio",
    "conversationSettings.instructions",
    "conversationSettings.efforts.minimal",
  ],
  it: ["transfer.kinds.audio"],
  pl: ["model.label", "details.model", "markdown.diagram"],
  tr: ["model.label", "details.model"],
};

const ENGLISH = flat(en as unknown as Strings);
/** `search.found` for `search.found_few`; the key itself if it counts nothing, as `omission.file_too_many`. */
function baseOf(key: string): string {
  const base = key.replace(/_(zero|one|two|few|many|other)$/, "");
  return ENGLISH.has(`${base}_other`) ? base : key;
}

const namesIn = (text: string) => [...text.matchAll(/\{\{(\w+)/g)].map((found) => found[1]!).sort();

/** The keys of English, with the plural forms of another language. */
function keysIn(code: LanguageCode): string[] {
  const forms = new Intl.PluralRules(code).resolvedOptions().pluralCategories;
  const keys = [...ENGLISH.keys()].flatMap((key) =>
    baseOf(key) === key ? [key] : forms.map((form) => `${baseOf(key)}_${form}`),
  );
  return [...new Set(keys)].sort();
}

/** The placeholders that English has in a text, all its plural forms together, as written there: `{{count, number}}`. */
const PLACEHOLDERS = new Map<string, string[]>();
for (const [key, text] of ENGLISH) {
  const base = baseOf(key);
  PLACEHOLDERS.set(base, [...(PLACEHOLDERS.get(base) ?? []), ...(text.match(/\{\{[^}]*\}\}/g) ?? [])]);
}

describe.each(others)("the locale %s", (code) => {
  const load = async () => flat((await LANGUAGES[code].load()) as unknown as Strings);

  test("a language has each text of English in each plural form that it needs, and no other text", async () => {
    // The compiler compares the sentences for the server's errors, which English does not have.
    const own = [...(await load()).keys()].filter((key) => !key.startsWith("serverProblem."));
    expect(own.sort()).toEqual(keysIn(code));
  });

  test("a language writes each placeholder as English does", async () => {
    const wrong = [...(await load())].filter(([key, text]) => {
      const english = PLACEHOLDERS.get(baseOf(key)) ?? [];
      if ((text.match(/\{+[^}]*\}*|\}+/g) ?? []).some((placeholder) => !english.includes(placeholder)))
        return true;
      // The number may be in the word itself: “one message”.
      if (/_(zero|one|two)$/.test(key)) return false;
      const wanted = ENGLISH.get(key) ?? ENGLISH.get(`${baseOf(key)}_other`) ?? "";
      return namesIn(text).join() !== namesIn(wanted).join();
    });
    expect(wrong).toEqual([]);
  });

  test("a language shares only the words with English that are listed", async () => {
    const same = [...(await load())].filter(([key, text]) => ENGLISH.get(key) === text).map(([key]) => key);
    // Some texts are punctuation around what is inserted.
    const hasWords = (key: string) => /\p{Letter}/u.test(ENGLISH.get(key)!.replaceAll(/\{\{.*?\}\}/g, ""));
    const words = same.filter((key) => !NAMES.includes(key) && hasWords(key));
    expect(words.sort()).toEqual([...(SAME_WORDS[code] ?? [])].sort());
  });

  test("a language has no empty text, and its own quotation marks, apostrophes and ellipses", async () => {
    const wrong = [...(await load())].filter(([, text]) => text.trim() === "" || /["'`]|\.\.\./.test(text));
    expect(wrong).toEqual([]);
  });
});

test.each([
  ["de", /(?<!\u00A0)…/],
  ["fr", /(?<!\u00A0)[:»]|(?<!\u202F)[;!?]|«(?!\u00A0)/],
] as const)("the locale %s has no-break spaces beside its punctuation", async (code, breakable) => {
  for (const [key, text] of flat((await LANGUAGES[code].load()) as unknown as Strings)) {
    expect(text.replaceAll(/\{\{.*?\}\}/g, ""), key).not.toMatch(breakable);
  }
});

test("the page uses the first language of the browser that it has, else English", () => {
  expect(chooseLanguage(["tlh", "de-CH", "en"])).toBe("de");
  expect(chooseLanguage(["AR-eg"])).toBe("ar");
  expect(chooseLanguage(["zh-Hant-TW", "en"])).toBe("zh");
  expect(chooseLanguage(["pt-PT", "en"])).toBe("pt");
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

test("what is inserted keeps its own order of letters in a sentence of the other direction", async () => {
  const { i18n, speak } = createTranslator("Chat!");
  const named = (filename: string) => i18n.t("attachment.remove", { filename });
  expect(named("C++.txt")).toBe("Remove C++.txt");
  expect(named("سؤال.txt")).toBe("Remove \u2068سؤال.txt\u2069");
  await speak("ar");
  expect(named("C++.txt")).toContain("\u2068C++.txt\u2069");
  expect(i18n.t("errorPage.open")).toContain("\u2068Chat!\u2069");
});

test("an error is shown in the page's language, and an unknown one with the server's sentence", async () => {
  const { i18n, speak } = createTranslator();
  const busy = { code: "reply_running", message: "As the server says it." };
  expect(sentenceFor(i18n.t, busy)).toBe("As the server says it.");
  await speak("de");
  expect(sentenceFor(i18n.t, busy)).toMatch(/^Die vorherige Antwort/);
  expect(sentenceFor(i18n.t, { code: "from_the_future", message: "New." })).toBe("New.");
  expect(sentenceFor(i18n.t, { code: "__proto__", message: "Odd." })).toBe("Odd.");
});
