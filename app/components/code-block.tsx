import { memo, useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { copyText } from "~/browser/copy-text";
import { CheckIcon, CopyIcon } from "./icons";

type Props = { code: string; language: string | null };

/** Beyond this, colour is not worth the time it takes. */
const LONGEST_HIGHLIGHT = 60_000;
const LINES_AT_A_TIME = 8;
const SETTLES_AFTER_MS = 400;
const COPIED_MS = 2_000;

export const CodeBlock = memo(function CodeBlock({ code, language }: Props) {
  const { t } = useTranslation();
  return (
    <figure className="code-block" dir="ltr">
      <figcaption className="code-block__bar">
        <span className="code-block__language">{language ?? t("markdown.plainCode")}</span>
        <CopyButton code={code} />
      </figcaption>
      <pre
        tabIndex={0}
        role="group"
        aria-label={language ? t("markdown.codeIn", { language }) : t("markdown.code")}
      >
        <code>{useColoured(code, language)}</code>
      </pre>
    </figure>
  );
});

/**
 * The code with as much of it in colour as has been coloured. While it grows that happens some lines at a time,
 * the rest follows when it has stopped growing. Colour moves no letter, so nothing jumps.
 */
function useColoured(code: string, language: string | null): ReactNode {
  const [coloured, setColoured] = useState<{ code: string; nodes: ReactNode } | null>(null);
  const isWanted = language !== null && code.length <= LONGEST_HIGHLIGHT;
  const settled = useSettled(code);
  const ready = settled === code ? code : wholeLines(code);
  useEffect(() => {
    if (!isWanted || ready === "") return;
    let isCurrent = true;
    import("./highlight-code").then(
      ({ highlightCode }) => isCurrent && setColoured({ code: ready, nodes: highlightCode(ready, language) }),
      // Without colour it is still the code.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [isWanted, ready, language]);
  if (!isWanted || !coloured?.nodes || !code.startsWith(coloured.code)) return code;
  return [coloured.nodes, code.slice(coloured.code.length)];
}

/** The value as it was when it last stood still for a moment. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLES_AFTER_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function wholeLines(code: string): string {
  const lines = code.split("\n");
  const ready = lines.length - 1 - ((lines.length - 1) % LINES_AT_A_TIME);
  return ready === 0 ? "" : `${lines.slice(0, ready).join("\n")}\n`;
}

const LABELS = {
  ready: "markdown.copy",
  copied: "markdown.copied",
  failed: "markdown.notCopied",
} as const;

function CopyButton({ code }: { code: string }) {
  const { t } = useTranslation();
  const [state, setState] = useState<"ready" | "copied" | "failed">("ready");
  useEffect(() => {
    if (state === "ready") return;
    const timer = setTimeout(() => setState("ready"), COPIED_MS);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <button
      type="button"
      className="code-block__copy"
      onClick={async () => setState((await copyText(code)) ? "copied" : "failed")}
    >
      {state === "copied" ? <CheckIcon /> : <CopyIcon />}
      {t(LABELS[state])}
    </button>
  );
}
