import { analyse } from "chardet";

/** Length of the sample that an encoding is detected from, in bytes. */
const SAMPLE_BYTES = 65_536;
/**
 * Confidence, in percent, that is added to the encodings of the reader's first language and of the others, among which
 * browsers list English: of short texts, such as a table of names, detection alone knows little.
 */
const OF_FIRST_LANGUAGE = 20;
const OF_OTHER_LANGUAGES = 10;

/** The encodings that programs without Unicode use, by language. All others use Windows-1252. */
const ENCODINGS: Record<string, string> = {
  ...{ ar: "windows-1256", fa: "windows-1256", he: "windows-1255", el: "windows-1253", tr: "windows-1254" },
  ...{ ru: "windows-1251", uk: "windows-1251", bg: "windows-1251", be: "windows-1251", sr: "windows-1251" },
  ...{ pl: "windows-1250", cs: "windows-1250", sk: "windows-1250", hu: "windows-1250", ro: "windows-1250" },
  ...{ hr: "windows-1250", sl: "windows-1250", lt: "windows-1257", lv: "windows-1257", et: "windows-1257" },
  ...{ vi: "windows-1258", th: "windows-874", ja: "shift_jis", ko: "euc-kr", zh: "gb18030" },
  ...{ "zh-TW": "big5", "zh-HK": "big5" },
};

/** Encodings of Windows by those of ISO with almost the same letters, which detection does not tell apart. */
const OF_WINDOWS: Record<string, string> = { "iso-8859-2": "windows-1250", "iso-8859-7": "windows-1253" };

/** Encodings of languages that write most of their letters as ASCII does. */
const LATIN = /^(?:windows-125[02478]|iso-8859-(?:[1-4]|1[03-6]))$/;

/**
 * A text in an encoding other than UTF-8; null if the bytes are no text. UTF-16 is recognised by its mark or by the
 * zeros of its spaces and line ends; other encodings by the frequency of their letters.
 */
export function decodeText(bytes: Uint8Array<ArrayBuffer>, languages: readonly string[]): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decode(bytes, "utf-16le");
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decode(bytes, "utf-16be");
  if (bytes.includes(0)) return decodeUtf16(bytes);
  for (const encoding of likelyEncodings(bytes.subarray(0, SAMPLE_BYTES), languages)) {
    const text = decode(bytes, encoding);
    if (text !== null && !(LATIN.test(encoding) && hasMostlyAccents(text))) return text;
  }
  return null;
}

/** Whether a text in Latin letters can only be another script, read in the wrong encoding. */
function hasMostlyAccents(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? [];
  return letters.filter((letter) => letter > "\x7F").length * 2 > letters.length;
}

/** Without a mark. In the right byte order, more of the characters are those that each text has. */
function decodeUtf16(bytes: Uint8Array<ArrayBuffer>): string | null {
  const [best] = ["utf-16le", "utf-16be"]
    .map((encoding) => decode(bytes, encoding))
    .filter((text) => text !== null)
    .map((text) => ({ text, common: (text.match(/[\s\d,.;:]/g) ?? []).length / text.length }))
    .sort((a, b) => b.common - a.common);
  return best && best.common > 0.02 ? best.text : null;
}

/** Names of encodings, the likeliest first. */
function likelyEncodings(sample: Uint8Array, languages: readonly string[]): string[] {
  const likely = new Map<string, number>();
  for (const { name, confidence } of analyse(sample)) {
    const encoding = canonical(name);
    const names = encoding === null ? [] : [encoding, OF_WINDOWS[encoding] ?? encoding];
    for (const each of names) likely.set(each, Math.max(likely.get(each) ?? 0, confidence));
  }
  const ofReader = new Set(
    languages.map((each) => ENCODINGS[each] ?? ENCODINGS[each.split("-")[0]!] ?? "windows-1252"),
  );
  for (const [place, encoding] of [...ofReader].entries()) {
    const added = place === 0 ? OF_FIRST_LANGUAGE : OF_OTHER_LANGUAGES;
    likely.set(encoding, (likely.get(encoding) ?? 0) + added);
  }
  return [...likely].sort(([, a], [, b]) => b - a).map(([encoding]) => encoding);
}

/** The name by which the browser decodes; null for an encoding that it does not know. */
function canonical(name: string): string | null {
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return null;
  }
}

/** Null if the bytes are not valid in this encoding, or contain what no text does. */
function decode(bytes: Uint8Array<ArrayBuffer>, encoding: string): string | null {
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return /[^\P{Cc}\t\n\f\r]|\p{Cn}|\p{Co}/u.test(text) ? null : text;
  } catch {
    return null;
  }
}
