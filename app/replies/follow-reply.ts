import { catchUp } from "~/conversation/catch-up";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Cursor } from "~/conversation/cursor";
import { applyChunk, EMPTY_REPLY } from "~/conversation/reply-text";
import type { AssistantMessage, Reply } from "~/conversation/session";
import type { SessionEvents } from "~/store/sessions/session-events";
import type { SessionRecord } from "~/store/sessions/session-store";
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
  /** Counts one that watches a session, until what it returns is called. @throws ExpectedError `too_many_requests` */
  enter: (key: string) => () => void;
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

/**
 * What a follower needs to know of a session. Never the session itself: it may be large, and there may be many who
 * wait for its next commit.
 */
export type SessionHead = { rev: number; reply: Reply | null };

/** Where a follower stands when a reply has settled: the cursor that it has, and the session that says so. */
export type FollowedReply = { cursor: Cursor | null; head: SessionHead };

export function headOf({ rev, session }: SessionRecord): SessionHead {
  return { rev, reply: session.reply };
}

/**
 * One reply to its end, through all the runners that it may have: their journals have a common beginning, and
 * so their chunks have common numbers. Null where the follower left, the session is gone, or this node is about
 * to stop and the reply goes on elsewhere.
 */
export async function* followReply(
  key: string,
  rev: number,
  running: Reply,
  from: Cursor | null,
  { signal }: FollowOptions,
  deps: FollowDependencies,
): AsyncGenerator<ChunkEvent, FollowedReply | null> {
  const { id, messageId } = running;
  let cursor = from?.replyId === id ? from : null;
  let last = { rev, reply: running };
  let text = EMPTY_REPLY;
  let heard = 0;
  let lastHeard = false;

  while (!signal.aborted) {
    const { reply } = last;
    const followed = deps.streamOf(key, last.rev, reply);
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
    const next = await look();
    if (!next) break;
    if (next.reply?.id !== id) {
      if (next.message?.role === "assistant" && !lastHeard) yield* theRest(next.message);
      return { cursor, head: { rev: next.rev, reply: next.reply } };
    }
    // Its stream has ended though it still runs: the volume has failed, or nobody has taken over yet.
    if (next.reply.epoch === reply.epoch) await deps.pause();
    last = { rev: next.rev, reply: next.reply };
  }
  return null;

  /** A function of its own, so that the session is not kept with what a generator remembers while it waits. */
  async function look() {
    const record = await deps.read(key);
    const message = record?.session.messages.find(({ id }) => id === messageId);
    return record && { ...headOf(record), message };
  }

  /** What was told from another node's journal ends with what the session has of it. */
  async function* theRest(message: AssistantMessage): AsyncGenerator<ChunkEvent> {
    const seen = cursor?.seq ?? 0;
    if (heard < seen) {
      // It settled before we had read as far as the follower had elsewhere.
      // Where the volume does not give them, the session has all that they say.
      const said = (await deps.journal(last.reply).catch(() => [])).slice(heard, seen);
      text = said.reduce(applyChunk, text);
      heard += said.length;
    }
    // The follower knows more than there is to be known here: the session itself has it all.
    if (heard < seen) return;
    for (const chunk of catchUp(text, message)) {
      cursor = { replyId: id, epoch: last.reply.epoch, seq: ++heard };
      yield { type: "chunk", cursor, chunk };
    }
  }
}
