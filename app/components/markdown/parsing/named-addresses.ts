/**
 * Matches text that people take for an address: a scheme and more, an e-mail address, an IP address, or a name with the
 * ending of a domain that is not that of a file.
 */
const ADDRESS = new RegExp(
  [
    String.raw`\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+`,
    String.raw`[^\s@"'<>()]+@[^\s@"'<>()]+\.\p{L}{2,}`,
    String.raw`(?<![\p{L}\p{N}.-])(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){3}(?![\p{L}\p{N}-]|\.\d)`,
    String.raw`\[[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*\]`,
    String.raw`(?<![\p{L}\p{N}\p{M}@/.-])(?:[\p{L}\p{N}\p{M}-]+\.)+(?!(?:FILES)\b)(?:\p{L}{2,}|xn--[a-z0-9-]+)(?::\d+)?`,
  ]
    .join("|")
    .replace(
      "FILES",
      "js|ts|[jt]sx|[cm]js|json|html?|s?css|txt|ya?ml|xml|toml|java|kt|cpp|py|rb|rs|go|sh|md|sql|pdf|png|jpe?g|gif|svg|csv|exe|lock",
    ),
  "giu",
);

/** Look-alikes of a dot that Unicode normalization (NFKC) does not replace. */
const DOT = /[\u2027\uFE52\uA78F]|\u3002(?=[a-z0-9])/giu;
/** Middle dots before the ending of a domain. Some languages use them inside words. */
const MIDDLE_DOT =
  /(?<=[\p{L}\p{N}])[\u00B7\u2022\u22C5\u30FB](?=(?:com|net|org|gov|edu|info|bank|shop|app|dev|test|example|[a-z]{2})(?![\p{L}\p{N}]))/giu;
const SLASH = /[\u2044\u2215\u29F8\u2571]/g;
const END_OF_SENTENCE = /[.,;:!?)}'"’”»…，；：！？）]+$/;

/** The addresses that people read in a text, in any letters and dots. Quadratic in the length of the text. */
export function addressesIn(text: string): string[] {
  const plain = text.normalize("NFKC").replace(DOT, ".").replace(MIDDLE_DOT, ".").replace(SLASH, "/");
  return (plain.match(ADDRESS) ?? []).map((address) => address.replace(END_OF_SENTENCE, ""));
}
