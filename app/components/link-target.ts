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
 * its characters in another order, or the host imitates another one's letters. Null where the text is honest.
 */
export function undisguised(text: string, url: string): string | null {
  const target = parse(url);
  if (!target) return null;
  const real = target.protocol === "mailto:" ? decode(target.pathname) : target.host;
  if (target.username !== "" || target.password !== "") return real;
  if (/(^|\.)xn--/.test(real) || DECEPTIVE.test(text)) return real;
  const named = text.normalize("NFKC").match(ADDRESS) ?? [];
  return named.every((address) => isSame(address, target, real)) ? null : real;
}

/** Invisible characters, and those that change the direction of writing. */
const DECEPTIVE =
  /[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF]/;

/** What people take for an address: a scheme and more, a mail address, or a name with a domain's ending. */
const ADDRESS =
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+|[^\s@"'<>()]+@[^\s@"'<>()]+\.[a-z]{2,}|(?<![\p{L}\p{N}@/.-])(?:[\p{L}\p{N}-]+[.。])+(?!(?:js|ts|jsx|tsx|json|html?|css|txt|ya?ml|xml|toml|java|cpp|pdf|png|jpe?g|csv|exe|lock)\b)\p{L}{2,}/giu;

function isSame(address: string, target: URL, real: string): boolean {
  if (target.protocol === "mailto:") {
    return real
      .split(",")
      .some((each) => each.toLowerCase() === address.replace(/^mailto:/i, "").toLowerCase());
  }
  const named = parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `https://${address}`);
  return named !== null && bare(named.host) === bare(target.host);
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
