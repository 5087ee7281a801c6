import type { SessionView } from "~/conversation/api";
import { attachmentParts } from "~/conversation/files/attachment";
import { messageText } from "~/conversation/reply/answer-text";
import { plainWords } from "~/conversation/files/plain-words";
import type { SessionApi } from "~/browser/chat/session-api";
import { excerptOf, type Excerpt } from "./matching";
import { createObservable, type Observable } from "~/browser/page/observable";
import { delay, type PageClock } from "~/browser/page/page-clock";

/** Conversations read at a time: a browser has six connections to a host, and other requests need some. */
const AT_A_TIME = 3;
/** Age up to which a read conversation is used without asking the server whether it has changed, in milliseconds. */
const FRESH_MS = 60_000;
/** Hits shown per conversation, so that one conversation does not fill the list. */
const MOST_HITS_EACH = 3;
/** Conversations searched at once; older ones when more is asked for. Each that was not read yet is a request. */
const AT_FIRST = 200;
/** Hits after which a search ends: a longer list is not read to its end. */
const MOST_HITS = 100;
/** Delay after the last key, in milliseconds. */
const DEBOUNCE_MS = 250;

export type TextHit = Excerpt & { conversationId: string; messageId: string };

export type TextSearchState = {
  /** What the hits are for. */
  query: string;
  hits: readonly TextHit[];
  /** Numbers of conversations: searched, in total, and failed to be read. */
  done: number;
  total: number;
  failed: number;
  isRunning: boolean;
  /** Whether conversations were left out. */
  hasMore: boolean;
};

export type TextSearch = Observable<TextSearchState> & {
  /** Searches every message of the first of these conversations. Replaces the search before, and its hits. */
  search: (query: string, conversationIds: readonly string[]) => Promise<void>;
  /** Goes on with the conversations that were left out. */
  searchMore: () => Promise<void>;
  /** Ends the search and keeps its hits. */
  cancel: () => void;
};

type Text = { messageId: string; text: string };
type Known = { etag: string | null; texts: readonly Text[]; askedAt: number };

const NOTHING: TextSearchState = {
  query: "",
  hits: [],
  done: 0,
  total: 0,
  failed: 0,
  isRunning: false,
  hasMore: false,
};

/** The server has no index: the conversations of this browser are read, and kept for the next search. */
export function createTextSearch(
  api: (conversationId: string) => Pick<SessionApi, "load">,
  clock: Pick<PageClock, "now" | "after">,
  debounceMs = DEBOUNCE_MS,
): TextSearch {
  const state = createObservable(NOTHING);
  const known = new Map<string, Known>();
  let run = new AbortController();
  let searchMore: () => Promise<void> = () => Promise.resolve();

  async function textsOf(id: string, signal: AbortSignal): Promise<readonly Text[]> {
    const before = known.get(id);
    if (before && clock.now() - before.askedAt < FRESH_MS) return before.texts;
    const answer = await api(id).load(before?.etag ?? null, signal);
    const askedAt = clock.now();
    if (answer.kind === "unchanged" && before) known.set(id, { ...before, askedAt });
    else if (answer.kind === "session") {
      known.set(id, { etag: answer.etag, texts: textsIn(answer.session), askedAt });
    } else known.set(id, { etag: null, texts: [], askedAt });
    return known.get(id)!.texts;
  }

  async function search(query: string, allIds: readonly string[], atMost = AT_FIRST) {
    run.abort();
    const { signal } = (run = new AbortController());
    const ids = allIds.slice(0, atMost);
    searchMore = () => search(query, allIds, Infinity);
    const found: TextHit[][] = ids.map(() => []);
    /** The same array until there are more: what is drawn of them is drawn once. */
    let hits: readonly TextHit[] = [];
    let failed = 0;
    let done = 0;
    const show = (isRunning: boolean) => {
      const hasMore = !isRunning && done < allIds.length && hits.length < MOST_HITS;
      const counts = { done, total: ids.length, failed };
      if (!signal.aborted) state.set({ query, hits, ...counts, isRunning, hasMore });
    };
    show(ids.length > 0);
    await delay(clock, debounceMs);
    if (signal.aborted) return;
    const waiting = ids.entries();
    const lane = async () => {
      for (const [place, conversationId] of waiting) {
        if (hits.length >= MOST_HITS) return;
        try {
          const texts = await textsOf(conversationId, signal);
          found[place] = hitsIn(texts, query).map((hit) => ({ ...hit, conversationId }));
          if (found[place].length > 0) hits = found.flat().slice(0, MOST_HITS);
        } catch {
          failed += 1;
        }
        if (signal.aborted) return;
        done += 1;
        show(true);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, lane));
    show(false);
  }

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    search: (query, ids) => search(query, ids),
    searchMore: () => searchMore(),
    cancel() {
      run.abort();
      state.set({ ...state.getSnapshot(), isRunning: false });
    },
  };
}

function textsIn({ messages }: SessionView): Text[] {
  return messages.map((message) => ({
    messageId: message.id,
    text: [
      message.role === "user" ? messageText(message) : plainWords(messageText(message)),
      ...attachmentParts(message.parts).map(({ filename }) => filename),
    ].join("\n"),
  }));
}

function hitsIn(texts: readonly Text[], query: string): (Excerpt & { messageId: string })[] {
  const hits = [];
  for (const { messageId, text } of texts) {
    const excerpt = excerptOf(text, query);
    if (excerpt) hits.push({ ...excerpt, messageId });
    if (hits.length === MOST_HITS_EACH) break;
  }
  return hits;
}
