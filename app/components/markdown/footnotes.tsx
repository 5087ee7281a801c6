import { createContext, useContext, type MouseEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

/** Begins the ids of a message's footnotes; null where they cannot be jumped to. */
export const FootnoteIds = createContext<string | null>(null);

type CallProps = { label: string; number: number | undefined };

/** The raised number of a footnote, which leads to it. Without a number, its definition may still come. */
export function FootnoteCall({ label, number }: CallProps) {
  const { t } = useTranslation();
  const ids = useContext(FootnoteIds);
  if (number === undefined || ids === null) return <sup>{number ?? label}</sup>;
  return (
    <sup>
      <a
        className="footnote-call"
        id={`${ids}-call-${String(number)}`}
        href={`#${ids}-note-${String(number)}`}
        aria-label={t("markdown.footnote", { number })}
        onClick={jump}
      >
        {number}
      </a>
    </sup>
  );
}

type Props = { dir: "ltr" | "rtl" | undefined; notes: readonly { number: number; content: ReactNode }[] };

/** The footnotes at the end of a message. */
export function Footnotes({ dir, notes }: Props) {
  const { t } = useTranslation();
  const ids = useContext(FootnoteIds)!;
  return (
    <section className="footnotes" dir={dir} aria-label={t("markdown.footnotes")}>
      <ol>
        {notes.map(({ number, content }) => (
          <li key={number} value={number} id={`${ids}-note-${String(number)}`} tabIndex={-1}>
            {content}
            <a
              className="footnotes__back"
              href={`#${ids}-call-${String(number)}`}
              aria-label={t("markdown.backToText", { number })}
              onClick={jump}
            >
              ↩
            </a>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Leaves the address of the page alone: its fragment is not for footnotes. */
function jump(event: MouseEvent<HTMLAnchorElement>) {
  event.preventDefault();
  const target = document.getElementById(event.currentTarget.hash.slice(1));
  target?.scrollIntoView({ block: "nearest" });
  target?.focus({ preventScroll: true });
}
