import { createObservable, type Observable } from "~/browser/page/observable";

export type FormulaModule = typeof import("./draw-formula.client");

/** KaTeX with its styles and fonts, loaded with the first formula. */
export const formulas = createFormulaLoader(async () => {
  const module = await import("./draw-formula.client");
  await module.loadStyles();
  return module;
});

/** The same with the commands of chemistry, loaded with the first formula that has one. */
export const chemistry = createFormulaLoader(async () => {
  const module = await formulas.load();
  await module?.loadChemistry();
  return module;
});

export type FormulaLoader = {
  module: Observable<FormulaModule | null>;
  /** @returns null if it could not be loaded: the source is shown, and the next formula loads it again */
  load: () => Promise<FormulaModule | null>;
};

function createFormulaLoader(load: () => Promise<FormulaModule | null>): FormulaLoader {
  const module = createObservable<FormulaModule | null>(null);
  let loading: Promise<FormulaModule | null> | null = null;
  return {
    module,
    load() {
      loading ??= load()
        .catch(() => null)
        .then((loaded) => {
          if (loaded) module.set(loaded);
          else loading = null;
          return loaded;
        });
      return loading;
    },
  };
}
