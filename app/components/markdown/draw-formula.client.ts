import katex from "katex";
import stylesheet from "katex/dist/katex.min.css";

/** Longer ones are shown as they were written. */
const MAX_LENGTH = 5_000;
/** A short one may define itself to be huge, and hold up the page whenever it is laid out. */
const MAX_ELEMENTS = 5_000;
/** Those that most formulas need, so that they are drawn once and not moved by their letters. */
const FONTS = ["1em KaTeX_Main", "italic 1em KaTeX_Math", "1em KaTeX_Size1", "1em KaTeX_Size2"];

export function loadStyles(): Promise<unknown> {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = stylesheet;
  const loaded = new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = () => {
      link.remove();
      reject(new Error("KaTeX's styles did not load."));
    };
  });
  document.head.append(link);
  return loaded.then(() => Promise.allSettled(FONTS.map((font) => document.fonts.load(font))));
}

/** The formula as elements; null where KaTeX cannot draw it. Nothing in it leads anywhere or loads anything. */
export function drawFormula(tex: string, isDisplay: boolean): HTMLElement | null {
  if (tex.length > MAX_LENGTH) return null;
  const element = document.createElement("span");
  try {
    katex.render(tex, element, {
      displayMode: isDisplay,
      trust: refuse,
      strict: "ignore",
      maxExpand: 500,
      maxSize: 20,
      throwOnError: true,
    });
    return element.getElementsByTagName("*").length <= MAX_ELEMENTS ? element : null;
  } catch {
    // Not LaTeX as KaTeX knows it, or nested too deeply.
    return null;
  }
}

/** No \href, \includegraphics or \htmlData. Thrown, since KaTeX would leave out what they stand around. */
function refuse(): never {
  throw new Error("This command could lead out of the page.");
}
