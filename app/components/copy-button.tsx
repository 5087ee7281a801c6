import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { copyText } from "~/browser/copy-text";
import { CheckIcon, CopyIcon } from "./icons";

const SHOWN_MS = 2_000;

/** Copies a text, and says for a moment whether that went well. */
export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const { t } = useTranslation();
  const [state, setState] = useState<"ready" | "copied" | "failed">("ready");
  useEffect(() => {
    if (state === "ready") return;
    const timer = setTimeout(() => setState("ready"), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const said =
    state === "copied" ? t("markdown.copied") : state === "failed" ? t("markdown.notCopied") : label;
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={said}
      title={said}
      onClick={async () => setState((await copyText(text())) ? "copied" : "failed")}
    >
      {state === "copied" ? <CheckIcon /> : <CopyIcon />}
    </button>
  );
}
