import { useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import type { Drawing } from "~/browser/page/diagram-renderer";
import { drawingPng, drawingSvg, drawingUrl } from "~/browser/page/drawing-files";
import { saveBlob } from "~/browser/page/save-blob";
import { ToolbarButton } from "~/components/markdown/block-toolbar";
import { Dialog } from "~/components/primitives/overlays/dialog";
import { DownloadIcon, EnlargeIcon, ZoomInIcon, ZoomOutIcon } from "~/components/primitives/more-icons";

type Props = {
  drawing: Drawing;
  /** Its name for screen readers. */
  name: string;
  /** Colour of the page. */
  ground: string;
  onClose: () => void;
};

const STEP = 1.25;
const SMALLEST = 0.1;
const LARGEST = 8;

/** A diagram as large as the window, to be zoomed, and moved by scrolling or dragging. */
export function DiagramDialog({ drawing, name, ground, onClose }: Props) {
  const { t } = useTranslation();
  const view = useRef<HTMLDivElement>(null);
  /** Null while the diagram fits the view. */
  const [zoom, setZoom] = useState<number | null>(null);
  const url = useMemo(() => drawingUrl(drawing), [drawing]);

  const fit = () => setZoom(null);
  function zoomBy(factor: number) {
    const { clientWidth = 1, clientHeight = 1 } = view.current ?? {};
    const fitting = Math.min(clientWidth / drawing.width, clientHeight / drawing.height);
    setZoom((before) => Math.min(LARGEST, Math.max(SMALLEST, (before ?? fitting) * factor)));
  }
  const zoomIn = () => zoomBy(STEP);
  const zoomOut = () => zoomBy(1 / STEP);

  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = { "+": zoomIn, "=": zoomIn, "-": zoomOut, "0": fit }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  function onPointerMove({ pointerType, buttons, movementX, movementY, currentTarget }: PointerEvent) {
    // Fingers scroll by themselves.
    if (pointerType === "mouse" && buttons === 1) currentTarget.scrollBy(-movementX, -movementY);
  }

  // Outside the answer, whose styles are for its text.
  return createPortal(
    <Dialog title={t("markdown.diagram")} onClose={onClose} className="diagram-dialog">
      <div className="diagram-dialog__bar">
        <ToolbarButton icon={<ZoomOutIcon />} label={t("markdown.zoomOut")} onClick={zoomOut} />
        <ToolbarButton icon={<ZoomInIcon />} label={t("markdown.zoomIn")} onClick={zoomIn} />
        <ToolbarButton icon={<EnlargeIcon />} label={t("markdown.fit")} onClick={fit} />
        <button
          type="button"
          className="code-block__action"
          onClick={() => void drawingPng(drawing, ground).then((png) => saveBlob(png, "diagram.png"))}
        >
          <DownloadIcon />
          <span>PNG</span>
        </button>
        <button
          type="button"
          className="code-block__action"
          onClick={() => saveBlob(drawingSvg(drawing), "diagram.svg")}
        >
          <DownloadIcon />
          <span>SVG</span>
        </button>
      </div>
      <div
        ref={view}
        className="diagram-dialog__view"
        tabIndex={0}
        role="group"
        aria-label={name}
        dir="ltr"
        onKeyDown={onKeyDown}
        onPointerMove={onPointerMove}
      >
        <img
          src={url}
          alt={name}
          draggable={false}
          className={zoom === null ? "diagram-dialog__fitting" : undefined}
          style={zoom === null ? undefined : { inlineSize: `${String(drawing.width * zoom)}px` }}
        />
      </div>
    </Dialog>,
    document.body,
  );
}
