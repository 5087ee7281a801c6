import katex from "katex";
import stylesheet from "katex/dist/katex.min.css";
import { copyFormulas } from "./copy-formulas";
import { formulaFor } from "./formula-options";

/** Length above which the source is shown. */
const MAX_LENGTH = 5_000;
/** Elements of a drawn formula. A short source can define a huge formula, which would block each layout. */
const MAX_ELEMENTS = 5_000;
/** The fonts of most formulas, loaded first so that the letters do not move. */
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
  document.addEventListener("copy", copyFormulas);
  return loaded.then(() => Promise.allSettled(FONTS.map((font) => document.fonts.load(font))));
}

/** Adds the commands of chemistry to KaTeX. */
export async function loadChemistry(): Promise<void> {
  await import("katex/contrib/mhchem");
}

/** The formula as elements; null if KaTeX cannot draw it. */
export function drawFormula(tex: string, isDisplay: boolean): HTMLElement | null {
  if (tex.length > MAX_LENGTH) return null;
  const element = document.createElement("span");
  try {
    const { tex: bounded, options } = formulaFor(tex, isDisplay);
    katex.render(bounded, element, options);
    // The source that KaTeX keeps beside the formula.
    element.querySelector("annotation")!.textContent = tex;
    return element.getElementsByTagName("*").length <= MAX_ELEMENTS ? element : null;
  } catch {
    // Not valid for KaTeX, nested too deeply, or too long once its macros are expanded.
    return null;
  }
}
