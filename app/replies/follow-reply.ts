import { catchUp } from "~/conversation/catch-up";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Cursor } from "~/conversation/cursor";
import { applyChunk, EMPTY_REPLY } from "~/conversation/reply-text";
import type { AssistantMessage, Reply } from "~/conversation/session";
import type { SessionEvents } from "~/store/session-events";
import type { SessionRecord } from "~/store/session-store";
import type { ReplyStream } from "./reply-stream";

export type FollowOptions = {
  cursor: Cursor | null;
  watch: boolean;
  signal: AbortSignal;
  /** The session as it was committed a moment ago, so that it need not be read. */
  committed?: SessionRecord | undefined;
};

export type FollowDependencies = {
  /** The session, after replies of dead runners were taken over. */
  read: (key: string) => Promise<SessionRecord | null>;
  events: SessionEvents;
  /** Holds the key of a session until what it returns is called. */
  keepKey: (key: string) => () => void;
  /** The stream of a running reply, whichever node runs it; null where this node is about to stop. */
  streamOf: (key: string, rev: number, reply: Reply) => { stream: ReplyStream; leave: () => void } | null;
  /** Aborted when this node is about to stop: watchers between replies are let go, to watch elsewhere. */
  draining: AbortSignal;
  /** All chunks of a reply that runs or has settled a short while ago; empty where they are gone. */
  journal: (reply: Reply) => Promise<ReplyChunk[]>;
  /** Asks for news of other nodes soon, until what it returns is called. */
  attend: (interest: "reply" | "watch") => () => void;
  /** A pause before a stream that has ended too soon is looked for again. */
  pause: () => Promise<unknown>;
};

type ChunkEvent = { type: "chunk"; cursor: Cursor; chunk: ReplyChunk };

/** Where a follower stands when a reply has settled: the cursor that it has, and the session that says so. */
export type FollowedReply = { cursor: Cursor | null; record: SessionRecord };

/**
 * One reply to its end, through all the runners that it may have: their journals have a common beginning, and
 * so their chunks have common numbers. Null where the follower left, the session is gone, or this node is about
 * to stop and the reply goes on elsewhere.
 */
export async function* followReply(
  key: string,
  first: SessionRecord,
  running: Reply,
  from: Cursor | null,
  { signal }: FollowOptions,
  deps: FollowDependencies,
): AsyncGenerator<ChunkEvent, FollowedReply | null> {
  const { id, messageId } = running;
  let cursor = from?.replyId === id ? from : null;
  let last = running;
  let text = EMPTY_REPLY;
  let heard = 0;
  let lastHeard = false;

  for (let record: SessionRecord | null = first; record && !signal.aborted;) {
    const { reply }: { reply: Reply | null } = record.session;
    if (reply?.id !== id) {
      const message = record.session.messages.find((message) => message.id === messageId);
      if (message?.role === "assistant" && !lastHeard) yield* theRest(message);
      return { cursor, record };
    }
    last = reply;
    const followed = deps.streamOf(key, record.rev, reply);
    if (!followed) return null;
    try {
      // From the beginning, for the text; what the follower has already is not told again.
      for await (const { seq, chunk } of followed.stream.follow(heard, signal)) {
        text = applyChunk(text, chunk);
        heard = seq;
        lastHeard = chunk.type === "finish" || chunk.type === "error" || chunk.type === "abort";
        if (seq <= (cursor?.seq ?? 0)) continue;
        cursor = { replyId: id, epoch: reply.epoch, seq };
        yield { type: "chunk", cursor, chunk };
      }
    } finally {
      followed.leave();
    }
    if (signal.aborted) break;
    record = await deps.read(key);
    // Its stream has ended though it still runs: the volume has failed, or nobody has taken over yet.
    if (record?.session.reply?.id === id && record.session.reply.epoch === reply.epoch) await deps.pause();
  }
  return null;

  /** What was told from another node's journal ends with what the session has of it. */
  async function* theRest(message: AssistantMessage): AsyncGenerator<ChunkEvent> {
    const seen = cursor?.seq ?? 0;
    if (heard < seen) {
      // It settled before we had read as far as the follower had elsewhere.
      const said = (await deps.journal(last)).slice(heard, seen);
      text = said.reduce(applyChunk, text);
      heard += said.length;
    }
    // The follower knows more than there is to be known here: the session itself has it all.
    if (heard < seen) return;
    for (const chunk of catchUp(text, message)) {
      cursor = { replyId: id, epoch: last.epoch, seq: ++heard };
      yield { type: "chunk", cursor, chunk };
    }
  }
}
