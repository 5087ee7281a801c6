import fc from "fast-check";

/** For tests: Markdown of every construct that is drawn, and of halves of them, each with words of its own. */
const word = fc.integer({ min: 0, max: 9_999 }).map((number) => `wo${String(number)}rd`);
const inline: fc.Arbitrary<string> = fc.letrec<{ inline: string }>((tie) => ({
  inline: fc.oneof(
    { maxDepth: 3, depthIdentifier: "inline", withCrossShrink: true },
    word,
    fc.tuple(tie("inline"), tie("inline")).map((two) => two.join(" ")),
    fc
      .tuple(fc.constantFrom("*", "**", "_", "__", "~~", "`", "$", "<", "![", "]", "(", "\\"), tie("inline"))
      .map(([mark, text]) => `${mark}${text}${mark}`),
    tie("inline").map((text) => `[${text}](https://example.com)`),
    tie("inline").map((text) => `[${text}](${text})`),
    tie("inline").map((text) => `[${text}]`),
    tie("inline").map((text) => `\\(${text}\\)`),
    tie("inline").map((text) => `<kbd>${text}</kbd><br>`),
    tie("inline").map((text) => `<b>${text}`),
    word.map((text) => `[^${text}]，$${text}$–**「${text}」**和`),
    word.map((text) => `https://example.com/${text}`),
  ),
})).inline;
export const markdownText: fc.Arbitrary<string> = fc.letrec<{ block: string }>((tie) => {
  const indented = (text: string, by: string) => text.replaceAll("\n", `\n${by}`);
  return {
    block: fc.oneof(
      { maxDepth: 3, depthIdentifier: "block", withCrossShrink: true },
      inline,
      fc.tuple(fc.integer({ min: 1, max: 7 }), inline).map(([level, text]) => `${"#".repeat(level)} ${text}`),
      inline.map((text) => `${text}\n---`),
      fc.tuple(word, inline).map(([label, text]) => `[${label}]: ${text}`),
      fc.tuple(word, inline).map(([label, note]) => `so[^n${label.length}]\n\n[^n${label.length}]: ${note}`),
      inline.map((text) => `\\[\n${text}\n\n${text}\n\\]`),
      fc
        .tuple(word, tie("block"))
        .map(([title, text]) => `<details>\n<summary>${title}</summary>\n\n${text}\n\n</details>`),
      tie("block").map((text) => `> [!NOTE]\n> ${indented(text, "> ")}`),
      tie("block").map((text) => `\`\`\`markdown\n${text}\n\`\`\``),
      inline.map((text) => `    ${text}`),
      fc.constantFrom("$$", "\\[", "```", "<details>", "</details>", "---", "| a | b |", "[^a]: b", "> "),
      fc.tuple(word, word).map(([label, path]) => `[${label}]\n\n[${label}]: https://example.com/${path}`),
      fc.tuple(word, inline).map(([language, code]) => `\`\`\`${language} ${language}x\n${code}\n\`\`\``),
      word.map((code) => `~~~\n${code}`),
      inline.map((text) => `$$\n${text}\n$$`),
      fc
        .tuple(
          fc.array(inline, { minLength: 1, maxLength: 3 }),
          fc.array(inline, { minLength: 1, maxLength: 5 }),
        )
        .map(
          ([head, row]) => `| ${head.join(" | ")} |\n|${" - |".repeat(head.length)}\n| ${row.join(" | ")} |`,
        ),
      tie("block").map((text) => `> ${indented(text, "> ")}`),
      fc
        .tuple(fc.constantFrom("- ", "1. ", "- [x] "), tie("block"))
        .map(([mark, text]) => mark + indented(text, "  ")),
      fc
        .tuple(tie("block"), fc.constantFrom("\n", "\n\n", "\n\n\n"), tie("block"))
        .map((parts) => parts.join("")),
    ),
  };
}).block;
