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
      fc
        .tuple(fc.constantFrom("> ", "- "), word, inline)
        .map(
          ([mark, { length }, note]) =>
            `${mark}so[^m${length}]\n${mark.replace("-", " ")}\n  [^m${length}]: ${note}`,
        ),
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

const piece = fc.oneof(
  { weight: 2, arbitrary: word },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...["**", "*", "_", "`", "``", "~~", "$", "$$", "\\(", "\\)", "\\", "|", "&amp;", "!", ":", "$5", "  "],
      ...[
        "[",
        "]",
        "](",
        "](https://a.example)",
        "[a]",
        "[b][a]",
        "[^1]",
        "[^n]",
        "![",
        "https://a.example/b",
      ],
      ...["<b>", "</b>", "<br>", "<kbd>", "<details>", "</details>", "<summary>", "</summary>", "<ul><li>"],
      ...["<hr>", "<pre>", "</pre>"],
      ...["</ul>", "<!--", "-->", "<div>", "</div>", "a@b.example", "中文", "：", "“", "”", "👩‍👩‍👧", "\u202E"],
    ),
  },
);
const line = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...["", "", "", "", " ", "  ", "   ", "    ", "\t", "> ", "> > ", "- ", "  > "]),
      fc.constantFrom(
        ...["", "", "", "", "- ", "* ", "1. ", "2. ", "10) ", "> ", "# ", "### ", "- [ ] ", "-", "    "],
        ...["[a]: https://a.example/", "[^1]: ", "[^n]: ", "<"],
      ),
      fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(pieces.length % 2 ? " " : "")),
    )
    .map((parts) => parts.join("")),
  fc.constantFrom(
    ...[
      "",
      "",
      "",
      "```",
      "```js",
      "```md",
      "  ```",
      "   ~~~",
      "````",
      "---",
      "===",
      "***",
      "|a|b|",
      "|-|-|",
    ],
    ...["$$", "\\[", "\\]", "  $$", "\\begin{align}", "\\end{align}", "<details>", "</details>", "<div>"],
    ...["<b>", "</b>", "<pre>", "</pre>"],
    ...["[a]: https://a.example", "[b]: /here", "> [!NOTE]", "<!-- c", "```math", "&nbsp;", "\u00A0", "   "],
  ),
);
/** For tests: lines of marks in any order, which no person would write. */
export const markdownLines: fc.Arbitrary<string> = fc
  .array(line, { maxLength: 14 })
  .map((lines) => lines.join("\n"));
