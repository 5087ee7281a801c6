import { useCallback } from "react";
import type { AttachmentPart } from "~/conversation/files/attachment";
import { ImageIcon } from "~/components/primitives/icons";
import { useObjectUrl } from "~/components/hooks/use-object-url";

export type Download = (part: AttachmentPart, signal?: AbortSignal) => Promise<Blob>;

type Props = { part: AttachmentPart; download: Download; alt: string; className: string };

/** An image of the conversation. Loaded by a request with the session's header, which an `img` cannot send. */
export function FileImage({ part, download, alt, className }: Props) {
  const load = useCallback((signal: AbortSignal) => download(part, signal), [part, download]);
  const { url, hasFailed } = useObjectUrl(load);
  if (url) return <img className={className} src={url} alt={alt} draggable={false} />;
  return (
    <span className={`${className} file-image--empty`} role="img" aria-label={alt} data-failed={hasFailed}>
      {hasFailed && <ImageIcon />}
    </span>
  );
}
