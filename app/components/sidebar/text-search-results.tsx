import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { Conversation } from "~/browser/conversations/conversation-list";
import { createTextSearch, type TextHit, type TextSearch } from "~/browser/conversations/text-search";
import { useObservable } from "~/browser/page/use-observable";

type Props = {
  app: ChatApp;
  query: string;
  list: readonly Conversation[];
  onOpen: (hit: TextHit) => void;
  /** Called when the focused element has disappeared. */
  onLoseFocus: () => void;
};

/** One for the life of the page, since it keeps the conversations that it has read. */
let kept: TextSearch | null = null;

/** The hits in the messages, as they are found. */
export function TextSearchResults({ app, query, list, onOpen, onLoseFocus }: Props) {
  const { t } = useTranslation();
  const [search] = useState(() => (kept ??= createTextSearch(app.api.session, app.clock)));
  const { hits, done, total, failed, isRunning, hasMore } = useObservable(search);
  const ids = useMemo(() => list.flatMap(({ id, saved }) => (saved ? [id] : [])), [list]);
  // A new order of the list, as after an answer, does not start the search again.
  const key = useMemo(() => ids.toSorted().join(" "), [ids]);

  // Before the paint: the hits of the previous query must not be shown for this one.
  useLayoutEffect(() => {
    void search.search(query, ids);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `key` stands for the ids
  }, [search, query, key]);
  useLayoutEffect(() => search.cancel, [search]);

  const titles = useMemo(() => new Map(list.map(({ id, title }) => [id, title])), [list]);
  return (
    <>
      {/* Outside the status, which would be read out at each hit. */}
      {isRunning && <p className="search__status">{t("search.progress", { done, total })}</p>}
      <p className="search__status" role="status">
        {!isRunning &&
          (hits.length === 0 ? t("search.noTexts") : t("search.found", { count: hits.length })) +
            (failed > 0 ? ` ${t("search.failed", { count: failed })}` : "")}
      </p>
      {isRunning && <StopButton onStop={search.cancel} onLoseFocus={onLoseFocus} />}
      <ul>
        {hits.map((hit) => (
          <li key={`${hit.conversationId} ${hit.messageId}`}>
            <button type="button" className="hit" data-row onClick={() => onOpen(hit)}>
              <span className="hit__title" dir="auto">
                {titles.get(hit.conversationId) || t("conversations.untitled")}
              </span>
              <span className="hit__text" dir="auto">
                <span>{hit.before}</span>
                <mark>{hit.found}</mark>
                <span>{hit.after}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {hasMore && (
        <button
          type="button"
          className="button button--quiet button--wide"
          data-row
          onClick={() => {
            onLoseFocus();
            void search.searchMore();
          }}
        >
          {t("search.more")}
        </button>
      )}
    </>
  );
}

/** The button disappears when it is pressed or the search ends, and must not take the focus with it. */
function StopButton({ onStop, onLoseFocus }: { onStop: () => void; onLoseFocus: () => void }) {
  const { t } = useTranslation();
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const element = button.current;
    return () => {
      if (element === document.activeElement) onLoseFocus();
    };
  }, [onLoseFocus]);
  return (
    <button
      ref={button}
      type="button"
      className="button button--quiet search__stop"
      data-row
      onClick={onStop}
    >
      {t("search.stop")}
    </button>
  );
}
