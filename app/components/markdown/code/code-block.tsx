import { memo, useContext, useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { createCodeHighlighter, type HighlightedNode } from "~/browser/page/code-highlighter";
import { useObservable } from "~/browser/page/use-observable";
import { pageClock } from "~/browser/page/page-clock";
import { isPrinting } from "~/browser/page/printing";
import { BlockToolbar, ToolbarButton, ToolbarCopyButton } from "~/components/markdown/block-toolbar";
import { countLines, piecesOfLines, startOfLine } from "./code-lines";
import { WrapIcon } from "~/components/primitives/more-icons";
import { PreferencesContext } from "~/components/pages/preferences-context";

type Props = {
  code: string;
  language: string | null;
  /** Shown after the language. */
  more?: string;
  /** Additional buttons of the bar. */
  actions?: ReactNode;
  /** A note on the code. */
  note?: string;
};

/** Length above which code is not coloured, since it would take too long. */
const LONGEST_HIGHLIGHT = 60_000;
const LINES_AT_A_TIME = 8;
const SETTLES_AFTER_MS = 400;

/** Lines shown of longer code, until a click shows all of it. */
const SHOWN_LINES = 300;

const highlighter = createCodeHighlighter(async () => {
  const { startHighlightWorker } = await import("~/browser/page/highlight-worker.client");
  return startHighlightWorker();
});

export const CodeBlock = memo(function CodeBlock({ code, language, more = "", actions, note }: Props) {
  const { t } = useTranslation();
  const preferences = useContext(PreferencesContext);
  const { wrapCode } = useObservable(preferences);
  const isPrinted = useObservable(isPrinting);
  const [isExpanded, setIsExpanded] = useState(false);
  const rest = startOfLine(code, SHOWN_LINES);
  const head = rest === null ? code : code.slice(0, rest);
  const coloured = useColoured(head, language);
  return (
    <figure className="code-block" dir="ltr">
      <BlockToolbar title={`${language ?? t("markdown.plainCode")} ${more}`.trim()}>
        {actions}
        <ToolbarButton
          icon={<WrapIcon />}
          label={t("markdown.wrap")}
          isPressed={wrapCode}
          onClick={() => preferences.change({ wrapCode: !wrapCode })}
        />
        <ToolbarCopyButton text={t("markdown.copy")} content={() => code} />
      </BlockToolbar>
      {note !== undefined && <p className="code-block__note uncopied">{note}</p>}
      <pre
        className={wrapCode ? "code-block--wrapped" : undefined}
        tabIndex={0}
        role="group"
        aria-label={language ? t("markdown.codeIn", { language }) : t("markdown.code")}
      >
        <code translate="no">
          <span>{coloured}</span>
          {rest !== null && (isExpanded || isPrinted) && <MoreCode code={code.slice(rest)} />}
        </code>
      </pre>
      {rest !== null && (
        <button
          type="button"
          className="code-block__more uncopied"
          aria-expanded={isExpanded}
          onClick={() => setIsExpanded(!isExpanded)}
        >
          {isExpanded ? t("markdown.showLess") : t("markdown.showLines", { count: countLines(code) })}
        </button>
      )}
    </figure>
  );
});

/** Without colour, and laid out only in the visible part. */
function MoreCode({ code }: { code: string }) {
  return piecesOfLines(code, SHOWN_LINES).map((piece, index) => (
    <span
      key={index}
      className="code-block__piece"
      style={{ containIntrinsicBlockSize: `auto ${String(countLines(piece) * 1.35)}rem` }}
    >
      {piece}
    </span>
  ));
}

/**
 * The code, coloured up to some line. Growing code is coloured some lines at a time, the rest when it stops growing.
 * Colour changes no widths, so nothing jumps.
 */
function useColoured(code: string, language: string | null): ReactNode {
  const [coloured, setColoured] = useState<{ code: string; nodes: ReactNode } | null>(null);
  /** It is not tried again with each line that the code grows by. */
  const [isRefused, setIsRefused] = useState(false);
  const isWanted = language !== null && code.length <= LONGEST_HIGHLIGHT && !isRefused;
  const settled = useSettled(code);
  const ready = settled === code ? code : wholeLines(code);
  useEffect(() => {
    if (!isWanted || ready === "") return;
    let isCurrent = true;
    void highlighter.highlight(ready, language).then((nodes) => {
      if (!isCurrent) return;
      if (nodes) setColoured({ code: ready, nodes: nodes.map(toReact) });
      else setIsRefused(true);
    });
    return () => {
      isCurrent = false;
    };
  }, [isWanted, ready, language]);
  if (!coloured || !code.startsWith(coloured.code)) return code;
  return [
    <span key="coloured">{coloured.nodes}</span>,
    <span key="rest">{code.slice(coloured.code.length)}</span>,
  ];
}

/** Each text is wrapped in an element, so that translation by the browser does not break React: see `drawText`. */
function toReact(node: HighlightedNode, index: number): ReactNode {
  if (typeof node === "string") return <span key={index}>{node}</span>;
  const [only] = node.children;
  return (
    <span key={index} className={node.className}>
      {node.children.length === 1 && typeof only === "string" ? only : node.children.map(toReact)}
    </span>
  );
}

/** The value after it was last unchanged for a moment. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => pageClock.after(SETTLES_AFTER_MS, () => setSettled(value)), [value]);
  return settled;
}

function wholeLines(code: string): string {
  const lines = code.split("\n");
  const ready = lines.length - 1 - ((lines.length - 1) % LINES_AT_A_TIME);
  return ready === 0 ? "" : `${lines.slice(0, ready).join("\n")}\n`;
}
