import { memo, useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useObservable } from "~/browser/use-observable";
import { formulaModule, loadFormulas } from "./formula-loader";

type Props = {
  tex: string;
  /** What is shown until it is drawn, and where it cannot be. */
  source: string;
  isDisplay: boolean;
  isOpen: boolean;
};

export const Formula = memo(function Formula({ tex, source, isDisplay, isOpen }: Props) {
  const { t } = useTranslation();
  const renderer = useObservable(formulaModule);
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => void loadFormulas(), []);
  const drawn = useMemo(
    () => (renderer && !isOpen ? renderer.drawFormula(tex, isDisplay) : null),
    [renderer, tex, isDisplay, isOpen],
  );
  useLayoutEffect(() => {
    const element = place.current;
    if (!element || !drawn) return;
    element.replaceChildren(drawn);
    // In the tab order if it has to be scrolled.
    if (element.scrollWidth > element.clientWidth + 1 && isDisplay) element.tabIndex = 0;
  }, [drawn, isDisplay]);

  const kind = isDisplay ? "formula formula--display" : "formula";
  if (drawn) return <span ref={place} className={kind} dir="ltr" />;
  const hasFailed = renderer !== null && !isOpen;
  return (
    <span className={`${kind} formula--source`} dir="ltr">
      <code>{source}</code>
      {hasFailed && <span className="formula__note">{` (${t("markdown.noFormula")})`}</span>}
    </span>
  );
});
