import { memo, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DiagramColours } from "~/conversation/diagram";
import { canCopyImages } from "~/browser/page/copy-image";
import {
  createDiagramRenderer,
  InvalidDiagram,
  type DiagramRenderer,
  type Drawing,
} from "~/browser/page/diagram-renderer";
import { drawingPng, drawingSvg, drawingUrl } from "~/browser/page/drawing-files";
import { lineOfError, mendDiagram, wholeDiagram, withOriginalText } from "~/browser/page/mend-diagram";
import { pageClock } from "~/browser/page/page-clock";
import { printAfter } from "~/browser/page/printing";
import { saveBlob } from "~/browser/page/save-blob";
import { BlockToolbar, ToolbarButton, ToolbarCopyButton } from "~/components/markdown/block-toolbar";
import { CodeBlock } from "~/components/markdown/code/code-block";
import { DiagramDialog } from "./diagram-dialog";
import { ImageIcon } from "~/components/primitives/icons";
import { CodeIcon, DiagramIcon, DownloadIcon, EnlargeIcon } from "~/components/primitives/more-icons";
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
  const { drawing, failure } = useDrawing(source, isOpen);
  const [showsSource, setShowsSource] = useState(false);
  if (!drawing || showsSource) {
    const line = failure && lineOfError(source, failure.message);
    const note = line ? t("markdown.noDiagramLine", { line }) : t("markdown.noDiagram");
    return (
      <CodeBlock
        code={source}
        language="mermaid"
        {...(failure && { note })}
        {...(drawing && {
          actions: (
            <ToolbarButton
              icon={<DiagramIcon />}
              label={t("markdown.diagram")}
              onClick={() => setShowsSource(false)}
            />
          ),
        })}
      />
    );
  }
  return <DrawnDiagram drawing={drawing} source={source} onSource={() => setShowsSource(true)} />;
});

type DrawnProps = { drawing: Drawing; source: string; onSource: () => void };

function DrawnDiagram({ drawing, source, onSource }: DrawnProps) {
  const { t } = useTranslation();
  const { ground, isDark } = usePageColours();
  const [isEnlarged, setIsEnlarged] = useState(false);
  const url = useMemo(() => drawingUrl(drawing), [drawing]);
  const kind = /^\s*([\w-]+)/m.exec(source)?.[1] ?? "";
  const name = `${t("markdown.diagram")}: ${kind}`;
  return (
    <figure className="code-block" dir="ltr">
      <BlockToolbar title="mermaid">
        <ToolbarButton icon={<CodeIcon />} label={t("markdown.source")} onClick={onSource} />
        {canCopyImages() && (
          <ToolbarCopyButton
            icon={<ImageIcon />}
            label={t("markdown.copyImage")}
            content={() => drawingPng(drawing, ground)}
          />
        )}
        <ToolbarButton
          icon={<DownloadIcon />}
          label={t("markdown.downloadSvg")}
          onClick={() => saveBlob(drawingSvg(drawing), "diagram.svg")}
        />
        <ToolbarButton
          icon={<EnlargeIcon />}
          label={t("markdown.enlarge")}
          onClick={() => setIsEnlarged(true)}
        />
        <ToolbarCopyButton text={t("markdown.copy")} content={() => source} />
      </BlockToolbar>
      <div
        className="diagram"
        data-dark={isDark}
        tabIndex={0}
        role="group"
        aria-label={t("markdown.diagram")}
      >
        <img
          src={url}
          width={Math.ceil(drawing.width)}
          height={Math.ceil(drawing.height)}
          // In rem, so that it grows with the text size.
          style={{ inlineSize: `${String(drawing.width / 16)}rem` }}
          alt={name}
        />
      </div>
      {isEnlarged && (
        <DiagramDialog drawing={drawing} name={name} ground={ground} onClose={() => setIsEnlarged(false)} />
      )}
    </figure>
  );
}

/** The last drawings, so that a message that is scrolled back into view has its height at once. */
const drawn = new Map<string, Drawing>();
const KEPT_DRAWINGS = 60;

/** The drawing in the page's colours. After a change of theme the old one stays until the new one is ready. */
function useDrawing(source: string, isOpen: boolean) {
  const colours = usePageColours();
  const key = JSON.stringify([source, colours]);
  const [result, setResult] = useState<{ source: string; drawing: Drawing | Error } | null>(null);
  useEffect(() => {
    if (isOpen) return;
    let isCurrent = true;
    const drawn = draw(key, source, colours);
    printAfter(drawn);
    drawn.then(
      (drawing) => isCurrent && setResult({ source, drawing }),
      (error: Error) => isCurrent && setResult({ source, drawing: error }),
    );
    return () => {
      isCurrent = false;
    };
    // Source and colours, by value.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, isOpen]);
  const known = result?.source === source ? result.drawing : null;
  if (isOpen) return { drawing: null, failure: null };
  const failure = known instanceof Error ? known : null;
  return { drawing: drawn.get(key) ?? (known instanceof Error ? null : known), failure };
}

/** The drawing just made for this message, or kept from another one. */
async function draw(key: string, source: string, colours: DiagramColours): Promise<Drawing> {
  const kept = drawn.get(key);
  if (kept) return kept;
  renderer ??= createDiagramRenderer(document, pageClock);
  const mended = await drawMended(renderer, source, colours);
  const drawing = { ...mended, svg: withOriginalText(mended.svg, source) };
  keep(key, drawing);
  return drawing;
}

/** Tries the source as it is, then with its labels in quotes, where models often leave them out. */
async function drawMended(
  { draw }: DiagramRenderer,
  source: string,
  colours: DiagramColours,
): Promise<Drawing> {
  try {
    return await draw(wholeDiagram(source), colours);
  } catch (error) {
    const mended = mendDiagram(source);
    if (!(error instanceof InvalidDiagram) || mended === source) throw error;
    return draw(mended, colours);
  }
}

function keep(key: string, drawing: Drawing): void {
  const [oldest] = drawn.keys();
  if (drawn.size >= KEPT_DRAWINGS && oldest !== undefined) drawn.delete(oldest);
  drawn.set(key, drawing);
}
