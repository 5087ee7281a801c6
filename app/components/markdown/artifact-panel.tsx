import { useContext, useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { saveBlob } from "~/browser/page/save-blob";
import { IconButton } from "~/components/primitives/icon-button";
import { CloseIcon } from "~/components/primitives/icons";
import { BackIcon, CodeIcon, DownloadIcon, ForwardIcon } from "~/components/primitives/more-icons";
import { ArtifactTextsContext } from "./artifact-texts";
import { artifactsIn, documentOf, type Artifact } from "./artifacts";
import { ToolbarCopyButton } from "./block-toolbar";
import { CodeBlock } from "./code/code-block";

type Props = { artifact: Artifact; onClose: () => void };

/** A block of HTML or SVG beside the conversation, or over it on a small screen, with the blocks of its kind as versions. */
export function ArtifactPanel({ artifact, onClose }: Props) {
  const { t } = useTranslation();
  const texts = useContext(ArtifactTextsContext);
  const [versions] = useState(() => versionsOf(artifact, texts()));
  const [index, setIndex] = useState(() => versions.findLastIndex(({ code }) => code === artifact.code));
  const [isSource, setIsSource] = useState(false);
  const panel = useRef<HTMLElement>(null);
  const shown = versions[index] ?? artifact;
  const total = versions.length;
  useEffect(() => panel.current?.focus(), []);
  const type = shown.kind === "html" ? "text/html" : "image/svg+xml";

  // Outside the answer, whose styles are for its text.
  return createPortal(
    <aside
      ref={panel}
      className="artifact"
      aria-label={t("markdown.preview")}
      tabIndex={-1}
      onKeyDown={({ key }) => key === "Escape" && onClose()}
    >
      <header className="artifact__bar">
        <h2 className="artifact__title">{shown.kind.toUpperCase()}</h2>
        {total > 1 && (
          <span className="artifact__versions" role="group" aria-label={t("message.versions")}>
            <IconButton
              label={t("message.previousVersion")}
              icon={<BackIcon />}
              isWaiting={index === 0}
              onClick={() => setIndex(index - 1)}
            />
            <span aria-live="polite" aria-label={t("message.version", { number: index + 1, total })}>
              {`${String(index + 1)}/${String(total)}`}
            </span>
            <IconButton
              label={t("message.nextVersion")}
              icon={<ForwardIcon />}
              isWaiting={index === total - 1}
              onClick={() => setIndex(index + 1)}
            />
          </span>
        )}
        <span className="artifact__actions">
          <button
            type="button"
            className="icon-button"
            aria-label={t("markdown.source")}
            title={t("markdown.source")}
            aria-pressed={isSource}
            onClick={() => setIsSource(!isSource)}
          >
            <CodeIcon />
          </button>
          <ToolbarCopyButton label={t("markdown.copy")} content={() => shown.code} />
          <IconButton
            label={t("attachment.save")}
            icon={<DownloadIcon />}
            onClick={() => saveBlob(new Blob([shown.code], { type }), `artifact.${shown.kind}`)}
          />
          <IconButton label={t("dialog.close")} icon={<CloseIcon />} onClick={onClose} />
        </span>
      </header>
      {isSource ? (
        <div className="artifact__source">
          <CodeBlock code={shown.code} language={shown.kind === "html" ? "html" : "xml"} />
        </div>
      ) : (
        <Frame key={index} artifact={shown} />
      )}
    </aside>,
    document.body,
  );
}

/** Its origin is opaque, and it loads nothing (app/http/artifact-frame.ts). What it sends is not listened to. */
function Frame({ artifact }: { artifact: Artifact }) {
  const { t } = useTranslation();
  const frame = useRef<HTMLIFrameElement>(null);
  const isWritten = useRef(false);

  function write() {
    // Only the empty page that was asked for: not what the artifact may have navigated its frame to.
    if (isWritten.current) return;
    isWritten.current = true;
    frame.current?.contentWindow?.postMessage({ html: documentOf(artifact) }, "*");
  }

  return (
    <iframe
      ref={frame}
      className="artifact__frame"
      title={t("markdown.preview")}
      src="/artifacts"
      sandbox="allow-scripts"
      referrerPolicy="no-referrer"
      onLoad={write}
    />
  );
}

/** The blocks of the same kind in the conversation. */
function versionsOf(artifact: Artifact, texts: readonly string[]): Artifact[] {
  const all = artifactsIn(texts).filter(({ kind }) => kind === artifact.kind);
  return all.some(({ code }) => code === artifact.code) ? all : [artifact];
}
