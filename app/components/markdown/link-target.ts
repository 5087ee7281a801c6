import { addressesIn } from "./named-addresses";

/** An address that leads out of the page, as it was written; undefined for any other, which stays text. */
export function safeUrl(url: string): string | undefined {
  const target = /^(https?:\/\/|mailto:)/i.test(url) ? parse(url) : null;
  return target && ["http:", "https:", "mailto:"].includes(target.protocol) ? url : undefined;
}

/** The host of an image that may be loaded when somebody asks for it; null for any other. */
export function imageHost(url: string): string | null {
  const target = /^https:\/\//i.test(url) ? parse(url) : null;
  return target && target.username === "" && target.password === "" ? target.host : null;
}

/**
 * Where a link really leads, if its text would make one believe something else: it names another host, or shows
 * its characters in another order, or the host imitates another one's letters. A formula can draw any letters.
 * Null where the text is honest.
 */
export function undisguised(text: string, url: string, hasFormula = false): string | null {
  const target = parse(url);
  if (!target) return null;
  const real = target.protocol === "mailto:" ? decode(target.pathname) : target.host;
  if (target.username !== "" || target.password !== "") return real;
  if (/(^|\.)xn--/.test(target.host)) return real;
  if (hasFormula || text.length > MAX_TEXT_LENGTH || hasDisguise(text)) return real;
  return addressesIn(text).every((address) => isSame(address, target, real)) ? null : real;
}

/** Longer ones are not read for addresses: it is said where they lead. In UTF-16 units. */
const MAX_TEXT_LENGTH = 500;

/** Characters that Unicode says are not to be seen, among them marks that change the direction of writing. */
const IGNORABLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Cc}\u2800\uFFF9-\uFFFB]/u;
/** Those that belong to emoji: a joiner between two, the mark that asks for a picture, the letters of a flag. */
const IN_EMOJI =
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200D(?=\p{Extended_Pictographic})|(?<=[\p{Emoji}])\uFE0F|(?<=\u{1F3F4})[\u{E0061}-\u{E007A}]{2,6}\u{E007F}/gu;
/** Joiners that words of some scripts are spelt with. */
const IN_WORDS =
  /(?<=[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Malayalam}\p{Script=Sinhala}])[\u200C\u200D](?=[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Malayalam}\p{Script=Sinhala}])/gu;

function hasDisguise(text: string): boolean {
  const rest = text
    .replace(IN_EMOJI, "")
    .replace(IN_WORDS, "")
    .replace(/[\t\n\r]/g, " ");
  return IGNORABLE.test(rest);
}

function isSame(address: string, target: URL, real: string): boolean {
  const bareAddress = address.replace(/^mailto:/i, "").toLowerCase();
  if (target.protocol === "mailto:") {
    return real.split(",").some((each) => each.toLowerCase() === bareAddress);
  }
  const named = parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `https://${address}`);
  return named !== null && named.username === "" && bare(named.host) === bare(target.host);
}

function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^www\./, "")
    .replace(/\.$/, "");
}

function parse(url: string): URL | null {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
