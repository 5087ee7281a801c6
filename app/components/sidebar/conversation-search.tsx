import { useCallback, useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { Conversation } from "~/browser/conversations/conversation-list";
import { isLongEnough, matches } from "~/browser/conversations/matching";
import type { TextHit } from "~/browser/conversations/text-search";
import { SearchIcon } from "~/components/primitives/more-icons";
import { lazyPart } from "~/components/primitives/lazy-part";
import { isComposing } from "~/components/primitives/is-composing";

const TextSearchResults = lazyPart(() =>
  import("./text-search-results").then(({ TextSearchResults }) => TextSearchResults),
);

type Props = {
  app: ChatApp;
  list: readonly Conversation[];
  archived: readonly Conversation[];
  onOpenHit: (hit: TextHit) => void;
  /** Renders the conversations whose title matches. */
  children: (shown: {
    list: readonly Conversation[];
    archived: readonly Conversation[];
    isSearching: boolean;
  }) => ReactNode;
};

/** The list of conversations with its search: in titles at once, in messages a moment later. */
export function ConversationSearch({ app, list, archived, onOpenHit, children }: Props) {
  const { t } = useTranslation();
  const headingId = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState("");
  const isSearching = query.trim() !== "";
  const shown = useShown(list, archived, query);
  const all = useMemo(() => [...list, ...archived], [archived, list]);

  const failed = useCallback(
    (error: unknown) => {
      if (heading.current === document.activeElement) field.current?.focus();
      app.toasts.failure((translate, why) => translate("list.failed", { why }), error);
    },
    [app],
  );
  // Not the field: on a phone, the keyboard would open over the results.
  const focusHeading = useCallback(() => heading.current?.focus(), []);

  return (
    <div className="search" onKeyDown={moveThroughRows}>
      {all.length > 0 && (
        <div className="search__box">
          <SearchIcon />
          <input
            ref={field}
            className="search__field"
            type="search"
            aria-label={t("search.label")}
            placeholder={t("search.placeholder")}
            // An empty field has the direction of the page, like its placeholder.
            dir={query === "" ? undefined : "auto"}
            autoComplete="off"
            spellCheck={false}
            value={query}
            onChange={({ target }) => setQuery(target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Escape" || query === "" || isComposing(event)) return;
              // Must not close the drawer around it, too.
              event.preventDefault();
              setQuery("");
            }}
          />
        </div>
      )}
      <nav className="sidebar__nav" aria-label={t("conversations.label")}>
        {all.length === 0 && <p className="sidebar__none">{t("conversations.none")}</p>}
        {children(shown)}
        {isSearching && (
          <>
            {shown.list.length + shown.archived.length === 0 && (
              <p className="sidebar__none">{t("search.noTitles")}</p>
            )}
            {isLongEnough(query) && (
              <section aria-labelledby={headingId}>
                <h2 ref={heading} className="sidebar__group" id={headingId} tabIndex={-1}>
                  {t("search.texts")}
                </h2>
                <TextSearchResults
                  app={app}
                  query={query}
                  list={all}
                  onOpen={onOpenHit}
                  onLoseFocus={focusHeading}
                  onFailed={failed}
                />
              </section>
            )}
          </>
        )}
      </nav>
    </div>
  );
}

/**
 * Arrow keys move from the field through the list; with Shift, they also select what they come to, or take it out. Menus
 * and text fields keep their keys.
 */
function moveThroughRows(event: KeyboardEvent<HTMLElement>) {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  const isSelecting = (event.target as HTMLElement).matches("[type=checkbox]");
  const isPlain = !event.altKey && !event.ctrlKey && !event.metaKey && (!event.shiftKey || isSelecting);
  const stops = [
    ...event.currentTarget.querySelectorAll<HTMLElement>(".search__field, a.row__open, [data-row], h2:focus"),
  ];
  const at = stops.indexOf(event.target as HTMLElement);
  if (step === 0 || at < 0 || !isPlain || isComposing(event)) return;
  event.preventDefault();
  const next = stops[at + step];
  next?.focus();
  if (event.shiftKey && next?.matches("[type=checkbox]")) next.click();
}

/** The conversations whose title matches. */
function useShown(list: readonly Conversation[], archived: readonly Conversation[], query: string) {
  return useMemo(() => {
    const isSearching = query.trim() !== "";
    const shownOf = (all: readonly Conversation[]) =>
      isSearching ? all.filter(({ title }) => matches(title, query)) : all;
    return { list: shownOf(list), archived: shownOf(archived), isSearching };
  }, [archived, list, query]);
}
