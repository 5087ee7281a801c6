export type PrintSheet = {
  title: string;
  /** A text that is typed from paper: drawn large, and never broken within a group. */
  code: string;
  lines: readonly string[];
};

/** Prints a sheet of its own in place of the page. The sheet is in the page only while it is printed. */
export function printSheet({ title, code, lines }: PrintSheet): void {
  const element = (name: string, text: string, className = "") => {
    const made = document.createElement(name);
    made.textContent = text;
    made.className = className;
    return made;
  };
  const sheet = element("div", "", "print-sheet");
  const shown = element("code", code, "print-sheet__code");
  shown.dir = "ltr";
  sheet.append(element("h1", title), shown, ...lines.map((line) => element("p", line)));
  document.body.append(sheet);
  // Some browsers return from `print` before the sheet was printed.
  window.addEventListener("afterprint", () => sheet.remove(), { once: true });
  window.print();
}
