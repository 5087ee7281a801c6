import { memo, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DiagramColours } from "~/conversation/diagram";
import { createDiagramRenderer, type DiagramRenderer, type Drawing } from "~/browser/page/diagram-renderer";
import { pageClock } from "~/browser/page/page-clock";
import { CodeBlock } from "./code-block";
import { CodeIcon, DiagramIcon } from "~/components/primitives/icons";
import { usePageColours } from "~/components/pages/page-colours";

type Props = {
  source: string;
  /** The source is still being written, and shown instead. */
  isOpen: boolean;
};

let renderer: DiagramRenderer | null = null;

/** A Mermaid diagram. */
export const Diagram = memo(function Diagram({ source, isOpen }: Props) {
  const { t } = useTranslation();
  const { drawing, hasFailed } = useDrawing(source, isOpen);
  const [showsSource, setShowsSource] = useState(false);
  if (!drawing || showsSource) {
    return (
      <CodeBlock
        code={source}
        language="mermaid"
        {...(hasFailed && { note: t("markdown.noDiagram") })}
        {...(drawing && {
          actions: (
            <button type="button" className="code-block__action" onClick={() => setShowsSource(false)}>
              <DiagramIcon />
              <span>{t("markdown.diagram")}</span>
            </button>
          ),
        })}
      />
    );
  }
  return (
    <figure className="code-block" dir="ltr">
      <figcaption className="code-block__bar uncopied">
        <span className="code-block__language">mermaid</span>
        <button type="button" className="code-block__action" onClick={() => setShowsSource(true)}>
          <CodeIcon />
          <span>{t("markdown.source")}</span>
        </button>
      </figcaption>
      <div className="diagram" tabIndex={0} role="group" aria-label={t("markdown.diagram")}>
        <Picture {...drawing} source={source} />
      </div>
    </figure>
  );
});

/** A data URL instead of a blob: opened in another tab, a blob would be a page of this origin. */
function Picture({ svg, width, height, source }: Drawing & { source: string }) {
  const url = useMemo(() => `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`, [svg]);
  const { t } = useTranslation();
  const kind = /^\s*([\w-]+)/m.exec(source)?.[1] ?? "";
  return (
    <img
      src={url}
      width={Math.ceil(width)}
      height={Math.ceil(height)}
      // In rem, so that it grows with the text size.
      style={{ inlineSize: `${String(width / 16)}rem` }}
      alt={`${t("markdown.diagram")}: ${kind}`}
    />
  );
}

/** The last drawings, so that a message that is scrolled back into view has its height at once. */
const drawn = new Map<string, Drawing>();
const KEPT_DRAWINGS = 60;

/** The drawing in the page's colours. After a change of theme the old one stays until the new one is ready. */
function useDrawing(source: string, isOpen: boolean) {
  const colours = usePageColours();
  const key = JSON.stringify([source, colours]);
  const [result, setResult] = useState<{ source: string; drawing: Drawing | null } | null>(null);
  useEffect(() => {
    if (isOpen) return;
    let isCurrent = true;
    draw(key, source, colours).then(
      (drawing) => isCurrent && setResult({ source, drawing }),
      () => isCurrent && setResult({ source, drawing: null }),
    );
    return () => {
      isCurrent = false;
    };
    // Source and colours, by value.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, isOpen]);
  const known = result?.source === source ? result : null;
  const drawing = isOpen ? null : (drawn.get(key) ?? known?.drawing ?? null);
  return { drawing, hasFailed: !isOpen && !drawing && known !== null };
}

/** The drawing just made for this message, or kept from another one. */
async function draw(key: string, source: string, colours: DiagramColours): Promise<Drawing> {
  const kept = drawn.get(key);
  if (kept) return kept;
  renderer ??= createDiagramRenderer(document, pageClock);
  const drawing = await renderer.draw(source, colours);
  keep(key, drawing);
  return drawing;
}

function keep(key: string, drawing: Drawing): void {
  const [oldest] = drawn.keys();
  if (drawn.size >= KEPT_DRAWINGS && oldest !== undefined) drawn.delete(oldest);
  drawn.set(key, drawing);
}
