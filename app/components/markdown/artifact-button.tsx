import { useCallback, useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useObservable } from "~/browser/page/use-observable";
import { EnlargeIcon } from "~/components/primitives/more-icons";
import { lazyPart } from "~/components/primitives/lazy-part";
import { openArtifact, type Artifact } from "./artifacts";
import { ToolbarButton } from "./block-toolbar";

const ArtifactPanel = lazyPart(() => import("./artifact-panel").then(({ ArtifactPanel }) => ArtifactPanel));

/** Opens a block of HTML or SVG beside the conversation. Nothing of it runs before. */
export function ArtifactButton({ artifact }: { artifact: Artifact }) {
  const { t } = useTranslation();
  const id = useId();
  const place = useRef<HTMLSpanElement>(null);
  const isOpen = useObservable(openArtifact) === id;
  const close = useCallback(() => {
    openArtifact.set(null);
    place.current?.querySelector("button")?.focus();
  }, []);
  useEffect(() => () => void (openArtifact.getSnapshot() === id && openArtifact.set(null)), [id]);
  return (
    <span ref={place}>
      <ToolbarButton
        icon={<EnlargeIcon />}
        label={t("markdown.openPreview")}
        isPressed={isOpen}
        onClick={() => openArtifact.set(isOpen ? null : id)}
      />
      {isOpen && <ArtifactPanel artifact={artifact} onClose={close} onFailed={close} />}
    </span>
  );
}
