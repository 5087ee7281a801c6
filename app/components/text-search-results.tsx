import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat-app";
import type { Conversation } from "~/browser/conversations";
import { createTextSearch, type TextHit, type TextSearch } from "~/browser/text-search";
import { useObservable } from "~/browser/use-observable";

/** After the last key. */
const DEBOUNCE_MS = 250;

type Props = {
  app: ChatApp;
  query: string;
  list: readonly Conversation[];
  onOpen: (hit: TextHit) => void;
};

/** One for the life of the page: what it has read once need not be read again. */
let kept: TextSearch | null = null;

/** What stands in the messages, as it is found. */
export function TextSearchResults({ app, query, list, onOpen }: Props) {
  const { t } = useTranslation();
  const [search] = useState(() => (kept ??= createTextSearch(app.api.session)));
  const { hits, done, total, failed, isRunning } = useObservable(search);
  // A conversation that changes its place in the list, as by an answer, is no reason to search again.
  const ids = list.flatMap(({ id, saved }) => (saved ? [id] : []));
  const key = ids.toSorted().join(" ");

  useEffect(() => {
    const timer = setTimeout(() => void search.search(query, ids), DEBOUNCE_MS);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `key` stands for the ids
  }, [search, query, key]);
  useEffect(() => () => search.cancel(), [search]);

  const titles = new Map(list.map(({ id, title }) => [id, title]));
  return (
    <>
      <p className="search__status" role="status">
        {isRunning
          ? t("search.progress", { done, total })
          : hits.length === 0
            ? t("search.noTexts")
            : t("search.found", { count: hits.length })}
        {failed > 0 && ` ${t("search.failed", { count: failed })}`}
      </p>
      {isRunning && (
        <button type="button" className="button button--quiet search__stop" onClick={search.cancel}>
          {t("search.stop")}
        </button>
      )}
      <ul>
        {hits.map((hit) => (
          <li key={`${hit.conversationId} ${hit.messageId}`}>
            <button type="button" className="hit" data-row onClick={() => onOpen(hit)}>
              <span className="hit__title" dir="auto">
                {titles.get(hit.conversationId) || t("conversations.untitled")}
              </span>
              <span className="hit__text" dir="auto">
                {hit.before}
                <mark>{hit.found}</mark>
                {hit.after}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
