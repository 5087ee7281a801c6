import { expect, test } from "vitest";
import { plainWords } from "./plain-words";

test.each([
  ["**Crème** *brûlée*, ~~burnt~~", "Crème brûlée, burnt"],
  ["## A heading", "A heading"],
  ["> - [x] done", "done"],
  ["1. First", "First"],
  ["[a link](https://example.com/a_b) and ![a picture](x.png)", "a link and a picture"],
  ["| what | **why** |\n| --- | :-: |\n| a | b |", "what why \na b "],
  ["call `__init__(*args)` of snake_case_name", "call __init__(*args) of snake_case_name"],
  ["```py\nx = a ** b  # *not slanted*\n```\n*slanted*", "x = a ** b  # *not slanted*\nslanted"],
  ["````md\n```\ninside\n```\n````\n**out**", "```\ninside\n```\nout"],
  ["2 * 3 * 4 and 5 \\* 6", "2 * 3 * 4 and 5 * 6"],
  ["Press <kbd>Ctrl</kbd>+<kbd>C</kbd>, H<sub>2</sub>O", "Press Ctrl+C, H2O"],
  ['<span style="color:red">red</span> a<br/>b<hr>c', "red a\nb\nc"],
  ["<ul><li>one</li></ul> and Vec<T>, a < b", "\n\none\n\n and Vec<T>, a < b"],
  ["AT&amp;T &copy; 2024 &#8212; `&lt;` &unknown;", "AT&T © 2024 — &lt; &unknown;"],
  ["so[^1] and [it][1], see <https://a.example/b>\n[^1]: note", "so1 and it, see https://a.example/b\nnote"],
  ["> [!NOTE]\n> care", "\ncare"],
  ["one\n\n---\n\ntwo", "one\n\n\ntwo"],
])("%j is shown as %j", (markdown, words) => {
  expect(plainWords(markdown)).toBe(words);
});
