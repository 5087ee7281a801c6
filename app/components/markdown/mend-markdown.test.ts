import { expect, test } from "vitest";
import { mendMarkdown } from "./mend-markdown";

test.each([
  ["bold that is open is closed", "some **bold wor", "some **bold wor**"],
  ["bold that was just opened is not shown yet", "some **", "some "],
  ["bold that is half closed is closed", "some **bold*", "some **bold**"],
  ["bold that ends in a space is closed before it", "some **bold ", "some **bold**"],
  ["bold that is closed is left alone", "some **bold** word", "some **bold** word"],
  ["emphasis that is open is closed", "1. *some wor", "1. *some wor*"],
  ["emphasis that was just opened is not shown yet", "- *", "- "],
  ["emphasis around bold is closed once that is", "*a **b** c", "*a **b** c*"],
  ["a bullet and a product are no emphasis", "* 2 * 3", "* 2 * 3"],
  ["code that is open is closed", "call `open(", "call `open(`"],
  ["code that was just opened is not shown yet", "call `", "call "],
  ["stars in code are no marks", "call `a ** b` now", "call `a ** b` now"],
  ["half a link is its text", "see [the docs](https://exam", "see the docs"],
  ["a whole link is left alone", "see [the docs](https://a.b)", "see [the docs](https://a.b)"],
  ["a dash under text is no heading yet", "Some things:\n-", "Some things:"],
  ["the head of a table is one from its first cell on", "| one | tw", "| one | tw\n| --- | --- |"],
  ["the head of a table stays one", "| one | two |\n| -", "| one | two |\n| --- | --- |"],
  ["the head of a table stays one at its line's end", "| a | b |\n", "| a | b |\n| --- | --- |"],
  ["the rows of a table are left alone", "| a |\n| - |\n| 1", "| a |\n| - |\n| 1"],
  ["a row of dashes in a table is left alone", "| a |\n| - |\n| -", "| a |\n| - |\n| -"],
  ["a rule on its own is one", "---", "---"],
  ["only the last line is looked at", "- **a\n- b", "- **a\n- b"],
  ["a bullet in the making is not shown yet", "- a\n-", "- a"],
  ["nor is a number", "- a\n  1.", "- a"],
  ["nor are the marks of code", "text\n``", "text"],
  ["nor is half a task's box", "- [", "- "],
  ["nor is half an image", "see ![pix](https://a", "see "],
  ["a link's text is shown from its first letter on", "see [the do", "see the do"],
  ["and while its address is awaited", "see [the docs]", "see the docs"],
  ["a task's box is left alone", "- [x] done", "- [x] done"],
  ["half an address is shown without its bracket", "at <https://a.b", "at https://a.b"],
  ["struck words are closed", "some ~~old wor", "some ~~old wor~~"],
  ["bold by underscores is closed", "some __bold wor", "some __bold wor__"],
  ["underscores in a name are no marks", "call __init__ or a__b", "call __init__ or a__b"],
  ["letters that are lowered are so from the first on", "H<sub>2", "H<sub>2</sub>"],
  ["and while their tag is being closed", "H<sub>2</su", "H<sub>2</sub>"],
  ["half a tag is not shown", "H<su", "H"],
  ["nor is one with nothing in it yet", "press <kbd>", "press "],
  ["a tag that is closed is left alone", "H<sub>2</sub>O", "H<sub>2</sub>O"],
  ["any other tag is text", "<b>bold", "<b>bold"],
  ["a tag in code is code", "write `<sub>` for 1 < 2", "write `<sub>` for 1 < 2"],
  ["code blocks are left alone", "```\nlet a = `x\n**", "```\nlet a = `x\n**"],
])("%s", (_, growing, shown) => {
  expect(mendMarkdown(growing)).toBe(shown);
});

test("a number at the end of a cut text is kept", () => {
  expect(mendMarkdown("the answer:\n42", false)).toBe("the answer:\n42");
});
