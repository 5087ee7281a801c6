import { addressesIn } from "./named-addresses";

/** An address that leads out of the page, as written; undefined for other addresses, which stay text. */
export function safeUrl(url: string): string | undefined {
  const target = /^(https?:\/\/|mailto:)/i.test(url) ? parse(url) : null;
  return target && ["http:", "https:", "mailto:"].includes(target.protocol) ? url : undefined;
}

/** The host of an image that may be loaded on a click; null for other addresses. */
export function imageHost(url: string): string | null {
  const target = /^https:\/\//i.test(url) ? parse(url) : null;
  return target && target.username === "" && target.password === "" ? target.host : null;
}

/**
 * The host of a link whose text is misleading: it names another host, or shows its characters in another order, or the
 * host imitates the letters of another one, or the text has a formula, which can draw any letters. Null for a text that
 * is not misleading.
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

/** Length above which a text is not searched for addresses, and counts as misleading. In UTF-16 units. */
const MAX_TEXT_LENGTH = 500;

/** Characters that Unicode defines as invisible, among them marks that change the direction of writing. */
const IGNORABLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Cc}\u2800\uFFF9-\uFFFB]/u;
/** Invisible characters in emoji: joiners, variation selectors, tags of flags. */
const IN_EMOJI =
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200D(?=\p{Extended_Pictographic})|(?<=[\p{Emoji}])\uFE0F|(?<=\u{1F3F4})[\u{E0061}-\u{E007A}]{2,6}\u{E007F}/gu;
/** Joiners used in the spelling of some scripts. */
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
