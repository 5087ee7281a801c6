/**
 * Replaces drawn formulas by their source in what a selection copies. A browser would copy each formula twice, once as
 * MathML and once with a line end after each letter. Other selections are left to the browser.
 */
export function copyFormulas(event: ClipboardEvent): void {
  const selection = getSelection();
  if (!event.clipboardData || !selection || selection.isCollapsed || isField(event.target)) return;
  // Laid out but out of view: the text of an element depends on its layout.
  const copied = document.createElement("div");
  copied.className = "prose";
  copied.style.cssText = "position: fixed; inset-block-start: 0; opacity: 0; pointer-events: none";
  for (let index = 0; index < selection.rangeCount; index++) {
    copied.append(withAncestors(selection.getRangeAt(index)));
  }
  if (!copied.querySelector(FORMULA)) return;
  for (const formula of copied.querySelectorAll<HTMLElement>(FORMULA)) formula.replaceWith(sourceOf(formula));
  for (const element of copied.querySelectorAll(".uncopied, .tools")) element.remove();
  // Items of a list are paragraphs here, and would be separated by empty lines.
  for (const text of copied.querySelectorAll("li > p:first-child")) text.replaceWith(...text.childNodes);
  document.body.append(copied);
  event.clipboardData.setData("text/plain", copied.innerText);
  event.clipboardData.setData("text/html", copied.innerHTML);
  copied.remove();
  event.preventDefault();
}

const FORMULA = ".formula[data-source]";

/** A text field copies its own selection. */
function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("input, textarea");
}

/** The selected part, formulas whole, in copies of the elements around it: cells in a table, code in a `pre`. */
function withAncestors(selected: Range): Node {
  const range = selected.cloneRange();
  const first = formulaAround(range.startContainer);
  const last = formulaAround(range.endContainer);
  if (first) range.setStartBefore(first);
  if (last) range.setEndAfter(last);
  let node: Node = range.cloneContents();
  const { commonAncestorContainer: common } = range;
  let ancestor = common instanceof Element ? common : common.parentElement;
  for (; ancestor && !ancestor.matches(".prose, .message, body"); ancestor = ancestor.parentElement) {
    const copy = ancestor.cloneNode();
    copy.appendChild(node);
    node = copy;
  }
  return node;
}

function formulaAround(node: Node): Element | null {
  const element = node instanceof Element ? node : node.parentElement;
  return element?.closest(FORMULA) ?? null;
}

function sourceOf(formula: HTMLElement): HTMLElement {
  const source = document.createElement("span");
  source.textContent = formula.dataset.source ?? "";
  source.style.whiteSpace = "pre-wrap";
  if (formula.matches(".formula--display")) source.style.display = "block";
  return source;
}
