import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ImageIcon } from "~/components/primitives/icons";
import { imageHost } from "./parsing/link-target";

type Props = { src: string; alt: string };

/** Images loaded in this tab: they need no second click when their message is drawn again. */
const wanted = new Set<string>();

/**
 * An image from another host. Its address can carry any information to that host, so it is loaded only on a click, and
 * without a referrer.
 */
export function RemoteImage({ src, alt }: Props) {
  const { t } = useTranslation();
  const [state, setState] = useState<"hidden" | "shown" | "failed">(wanted.has(src) ? "shown" : "hidden");
  const host = imageHost(src);
  const description = alt.trim() || t("markdown.noDescription");
  if (host === null || state === "failed") {
    return (
      <span className="remote-image">
        <ImageIcon />
        <span>
          <bdi>{t(state === "failed" ? "markdown.imageFailed" : "markdown.image", { description })}</bdi>
          {host === null && src !== "" && <bdi className="remote-image__address">{shortened(src)}</bdi>}
        </span>
      </span>
    );
  }
  if (state === "shown") {
    return (
      <img
        className="remote-image__picture"
        src={src}
        alt={alt}
        referrerPolicy="no-referrer"
        decoding="async"
        onError={() => setState("failed")}
      />
    );
  }
  return (
    <button
      type="button"
      className="remote-image remote-image--button"
      onClick={() => {
        wanted.add(src);
        setState("shown");
      }}
    >
      <ImageIcon />
      <span>
        <bdi>{description}</bdi>
        <span className="remote-image__host">{t("markdown.loadImage", { host })}</span>
      </span>
    </button>
  );
}

/** Shortens an address: a data URL can have a hundred thousand characters. */
const MAX_ADDRESS_LENGTH = 120;

function shortened(address: string): string {
  return address.length <= MAX_ADDRESS_LENGTH ? address : `${address.slice(0, MAX_ADDRESS_LENGTH)}…`;
}
