import type { MessageAccepted, PostMessageBody } from "~/conversation/api";
import type { Draft } from "~/browser/drafts/draft";
import type { UnfinishedEdits } from "~/browser/drafts/unfinished-edits";
import type { withAccepted } from "~/browser/chat/chat-state";
import type { ChatStore } from "~/browser/chat/chat-store";
import type { SessionApi } from "~/browser/chat/session-api";

/** What requests need whose code is loaded with the part of the page that asks for them. The same for all of a session. */
export type RequestContext = {
  store: ChatStore;
  api: SessionApi;
  draft: Draft;
  edits: UnfinishedEdits;
  /** Repeats a request that has failed for a passing reason. */
  retrying: <T>(request: () => Promise<T>) => Promise<T>;
  /** Changes the session, after the changes that were asked for before. */
  patch: SessionApi["patch"];
  /** Reads the session again: what is being read now may be older than an answer. */
  readAgain: () => void;
  replying: {
    /** Asks for a reply. */
    post: (body: PostMessageBody) => Promise<MessageAccepted>;
    /** Called when the server has begun the reply. */
    onAccepted: (answer: MessageAccepted, reply: Parameters<typeof withAccepted>[2]) => void;
    /** Called after a failed request, which may have arrived although its answer was lost. */
    onFailed: () => void;
    /** Called after each request for a reply, successful or not. */
    onEnd: () => void;
  };
};

/** Makes one object for each session, since the part of the page may go while its requests run, and come again. */
export function onePerSession<T>(create: (context: RequestContext) => T): (context: RequestContext) => T {
  const made = new WeakMap<RequestContext, T>();
  return (context) => {
    const requests = made.get(context) ?? create(context);
    made.set(context, requests);
    return requests;
  };
}
