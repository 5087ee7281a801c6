import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { createDrawingTurns } from "~/browser/page/drawing-turns";
import { pageClock } from "~/browser/page/page-clock";
import { isPrinting, printAfter } from "~/browser/page/printing";
import { useObservable } from "~/browser/page/use-observable";
import { chemistry, formulas, type FormulaModule } from "./formula-loader";
import { isChemistry } from "./formula-options";

type Props = {
  tex: string;
  /** Shown until the formula is drawn, and if it cannot be. */
  source: string;
  isDisplay: boolean;
  isOpen: boolean;
};

/** Budget of LaTeX per task, in UTF-16 units: more than most answers have, and about 50 ms of work. */
const turns = createDrawingTurns(8_000, pageClock);

export const Formula = memo(function Formula({ tex, source, isDisplay, isOpen }: Props) {
  const loader = isChemistry(tex) ? chemistry : formulas;
  const renderer = useObservable(loader.module);
  useEffect(() => printAfter(loader.load()), [loader]);
  if (!renderer || isOpen) return <Source source={source} isDisplay={isDisplay} hasFailed={false} />;
  return <Drawn tex={tex} source={source} isDisplay={isDisplay} renderer={renderer} />;
});

/** Width of a formula on paper, in pixels: that of the text on a page of A4. Wider ones are made smaller. */
const PRINTED_WIDTH = 600;

type DrawnProps = Omit<Props, "isOpen"> & { renderer: FormulaModule };

function Drawn({ tex, source, isDisplay, renderer }: DrawnProps) {
  const place = useRef<HTMLSpanElement>(null);
  const isPrinted = useObservable(isPrinting);
  const [hadTurn, setHasTurn] = useState(() => isPrinted || turns.take(tex.length));
  const hasTurn = hadTurn || isPrinted;
  const { length } = tex;
  useEffect(() => (hasTurn ? undefined : turns.wait(length, () => setHasTurn(true))), [hasTurn, length]);
  const drawn = useMemo(
    () => (hasTurn ? renderer.drawFormula(tex, isDisplay) : null),
    [hasTurn, renderer, tex, isDisplay],
  );
  useLayoutEffect(() => {
    const element = place.current;
    if (!element || !drawn) return;
    element.replaceChildren(drawn);
    // In the tab order if it can be scrolled.
    if (element.scrollWidth > element.clientWidth + 1 && isDisplay) element.tabIndex = 0;
  }, [drawn, isDisplay]);
  useLayoutEffect(() => {
    const width = isPrinted && isDisplay ? (place.current?.scrollWidth ?? 0) : 0;
    if (width > PRINTED_WIDTH)
      place.current?.style.setProperty("--print-scale", String(PRINTED_WIDTH / width));
  }, [isPrinted, isDisplay, drawn]);
  if (!drawn) return <Source source={source} isDisplay={isDisplay} hasFailed={hasTurn} />;
  return <span ref={place} className={classOf(isDisplay)} data-source={source} dir="ltr" translate="no" />;
}

type SourceProps = { source: string; isDisplay: boolean; hasFailed: boolean };

function Source({ source, isDisplay, hasFailed }: SourceProps) {
  const { t } = useTranslation();
  return (
    <span className={`${classOf(isDisplay)} formula--source`} data-source={source} dir="ltr">
      <code translate="no">{source}</code>
      {hasFailed && <span className="formula__note uncopied">{` (${t("markdown.noFormula")})`}</span>}
    </span>
  );
}

function classOf(isDisplay: boolean): string {
  return isDisplay ? "formula formula--display" : "formula";
}
