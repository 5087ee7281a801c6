import { createObservable } from "~/browser/page/observable";

export type FormulaModule = typeof import("./draw-formula.client");

/** KaTeX with its styles and fonts, loaded with the first formula. */
export const formulaModule = createObservable<FormulaModule | null>(null);

let loading: Promise<void> | null = null;

export function loadFormulas(): Promise<void> {
  loading ??= import("./draw-formula.client")
    .then(async (module) => {
      await module.loadStyles();
      formulaModule.set(module);
    })
    .catch(() => {
      // The source is shown meanwhile; the next formula loads it again.
      loading = null;
    });
  return loading;
}
