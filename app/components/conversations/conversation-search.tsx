import { useCallback, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { Conversation } from "~/browser/conversations/conversations";
import { matches } from "~/browser/conversations/matching";
import type { TextHit } from "~/browser/conversations/text-search";
import { SearchIcon } from "~/components/primitives/icons";
import { lazyPart } from "~/components/primitives/lazy-part";

const TextSearchResults = lazyPart(() =>
  import("./text-search-results").then(({ TextSearchResults }) => TextSearchResults),
);

type Props = {
  app: ChatApp;
  list: readonly Conversation[];
  onOpenHit: (hit: TextHit) => void;
  /** Draws those whose title matches. */
  children: (list: readonly Conversation[]) => ReactNode;
};

/** The list of conversations, all of it or what was looked for: in titles at once, in texts when asked to. */
export function ConversationSearch({ app, list, onOpenHit, children }: Props) {
  const { t } = useTranslation();
  const headingId = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState("");
  const [inTexts, setInTexts] = useState(false);
  const isSearching = query.trim() !== "";
  const shown = isSearching ? list.filter(({ title }) => matches(title, query)) : list;

  const failed = useCallback(
    (error: unknown) => {
      if (heading.current === document.activeElement) field.current?.focus();
      setInTexts(false);
      app.toasts.failure((translate, why) => translate("list.failed", { why }), error);
    },
    [app],
  );
  // Not the field, which would bring up a phone's keyboard over what is found.
  const focusHeading = useCallback(() => heading.current?.focus(), []);

  function change(text: string) {
    setQuery(text);
    if (text.trim() === "") setInTexts(false);
  }

  return (
    <div className="search" onKeyDown={moveThroughRows}>
      {list.length > 0 && (
        <div className="search__box">
          <SearchIcon />
          <input
            ref={field}
            className="search__field"
            type="search"
            aria-label={t("search.label")}
            placeholder={t("search.placeholder")}
            // What is not there yet has the direction of the page, as its placeholder.
            dir={query === "" ? undefined : "auto"}
            autoComplete="off"
            spellCheck={false}
            value={query}
            onChange={({ target }) => change(target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && isSearching && !event.nativeEvent.isComposing) setInTexts(true);
              if (event.key !== "Escape" || query === "") return;
              // Not the drawer around it.
              event.preventDefault();
              change("");
            }}
          />
        </div>
      )}
      <nav className="sidebar__nav" aria-label={t("conversations.label")}>
        {list.length === 0 && <p className="sidebar__none">{t("conversations.none")}</p>}
        {children(shown)}
        {isSearching && (
          <>
            {shown.length === 0 && <p className="sidebar__none">{t("search.noTitles")}</p>}
            {inTexts ? (
              <section aria-labelledby={headingId}>
                <h2 ref={heading} className="sidebar__group" id={headingId} tabIndex={-1}>
                  {t("search.texts")}
                </h2>
                <TextSearchResults
                  app={app}
                  query={query}
                  list={list}
                  onOpen={onOpenHit}
                  onLoseFocus={focusHeading}
                  onFailed={failed}
                />
              </section>
            ) : (
              <button
                type="button"
                className="button button--wide search__texts"
                data-row
                onClick={() => {
                  flushSync(() => setInTexts(true));
                  focusHeading();
                }}
              >
                <SearchIcon />
                <span>{t("search.inTexts")}</span>
              </button>
            )}
          </>
        )}
      </nav>
    </div>
  );
}

/** Up and down, from the field through what is listed. Menus and texts that are typed keep their keys. */
function moveThroughRows(event: KeyboardEvent<HTMLElement>) {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  const isPlain = !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  const stops = [
    ...event.currentTarget.querySelectorAll<HTMLElement>(".search__field, .row__open, [data-row], h2:focus"),
  ];
  const at = stops.indexOf(event.target as HTMLElement);
  if (step === 0 || at < 0 || !isPlain || event.nativeEvent.isComposing) return;
  event.preventDefault();
  stops[at + step]?.focus();
}
