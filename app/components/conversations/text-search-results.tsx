import { useLayoutEffect, useRef, useState } from "react";
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
  /** The focus was on what is there no more. */
  onLoseFocus: () => void;
};

/** One for the life of the page: what it has read once need not be read again. */
let kept: TextSearch | null = null;

/** What stands in the messages, as it is found. */
export function TextSearchResults({ app, query, list, onOpen, onLoseFocus }: Props) {
  const { t } = useTranslation();
  const [search] = useState(() => (kept ??= createTextSearch(app.api.session)));
  const { hits, done, total, failed, isRunning } = useObservable(search);
  // A conversation that changes its place in the list, as by an answer, is no reason to search again.
  const ids = list.flatMap(({ id, saved }) => (saved ? [id] : []));
  const key = ids.toSorted().join(" ");

  // Before it is drawn: the hits of another text must not be seen under this one.
  useLayoutEffect(() => {
    void search.search(query, ids);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `key` stands for the ids
  }, [search, query, key]);
  useLayoutEffect(() => search.cancel, [search]);

  const titles = new Map(list.map(({ id, title }) => [id, title]));
  return (
    <>
      {/* Not in the status, which would be read out at each of them. */}
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
    </>
  );
}

/** It goes when it is pressed and when the search ends, and the focus must not go with it. */
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
