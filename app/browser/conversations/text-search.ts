import type { SessionView } from "~/conversation/api";
import { attachmentParts } from "~/conversation/attachment";
import { messageText } from "~/conversation/answer-text";
import type { SessionApi } from "~/browser/chat/session-api";
import { excerptOf, type Excerpt } from "./matching";
import { createObservable, type Observable } from "~/browser/page/observable";

/** Conversations that are asked for at a time: the page has better things to do with its connections. */
const AT_A_TIME = 3;
/** So long what was read is taken as it is; after that the server is asked whether it has changed. */
const FRESH_MS = 60_000;
/** The others are found when the conversation is open. */
const MOST_HITS_EACH = 3;
/** After the last key. */
const DEBOUNCE_MS = 250;

export type TextHit = Excerpt & { conversationId: string; messageId: string };

export type TextSearchState = {
  hits: readonly TextHit[];
  /** Of the conversations, how many have been looked through, of how many, and how many could not be read. */
  done: number;
  total: number;
  failed: number;
  isRunning: boolean;
};

export type TextSearch = Observable<TextSearchState> & {
  /** Looks for a text in every message of these conversations, in place of what was looked for and found before. */
  search: (query: string, conversationIds: readonly string[]) => Promise<void>;
  /** What was found until now stays. */
  cancel: () => void;
};

type Text = { messageId: string; text: string };
type Known = { etag: string | null; texts: readonly Text[]; askedAt: number };

const NOTHING: TextSearchState = { hits: [], done: 0, total: 0, failed: 0, isRunning: false };

/** The server has no index: the conversations of this browser are read, and remembered for the next search. */
export function createTextSearch(
  api: (conversationId: string) => Pick<SessionApi, "load">,
  now: () => number = Date.now,
  debounceMs = DEBOUNCE_MS,
): TextSearch {
  const state = createObservable(NOTHING);
  const known = new Map<string, Known>();
  let run = new AbortController();

  async function textsOf(id: string, signal: AbortSignal): Promise<readonly Text[]> {
    const before = known.get(id);
    if (before && now() - before.askedAt < FRESH_MS) return before.texts;
    const answer = await api(id).load(before?.etag ?? null, signal);
    const askedAt = now();
    if (answer.kind === "unchanged" && before) known.set(id, { ...before, askedAt });
    else if (answer.kind === "session") {
      known.set(id, { etag: answer.etag, texts: textsIn(answer.session), askedAt });
    } else known.set(id, { etag: null, texts: [], askedAt });
    return known.get(id)!.texts;
  }

  async function search(query: string, ids: readonly string[]) {
    run.abort();
    const { signal } = (run = new AbortController());
    const found: TextHit[][] = ids.map(() => []);
    let failed = 0;
    let done = 0;
    const show = (isRunning: boolean) => {
      if (!signal.aborted) state.set({ hits: found.flat(), done, total: ids.length, failed, isRunning });
    };
    show(ids.length > 0);
    await new Promise((resolve) => setTimeout(resolve, debounceMs));
    if (signal.aborted) return;
    const waiting = ids.entries();
    const lane = async () => {
      for (const [place, conversationId] of waiting) {
        try {
          const texts = await textsOf(conversationId, signal);
          found[place] = hitsIn(texts, query).map((hit) => ({ ...hit, conversationId }));
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
    search,
    cancel() {
      run.abort();
      state.set({ ...state.getSnapshot(), isRunning: false });
    },
  };
}

function textsIn({ messages }: SessionView): Text[] {
  return messages.map((message) => ({
    messageId: message.id,
    text: [messageText(message), ...attachmentParts(message.parts).map(({ filename }) => filename)].join(
      "\n",
    ),
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
