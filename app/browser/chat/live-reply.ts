import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Cursor } from "~/conversation/cursor";
import { applyChunk, EMPTY_REPLY, type ReplyText } from "~/conversation/reply-text";
import type { Part, Reply } from "~/conversation/session";

/** A reply that is being written, as far as this browser has heard it. */
export type LiveReply = {
  readonly replyId: string;
  readonly messageId: string;
  /** The message that it answers; null until the session that says so has been read. */
  readonly parentId: string | null;
  /** What the person sees. It never gets shorter. */
  readonly shown: ReplyText;
  /** What has been heard since the last `start`: shorter than `shown` while a stream is told again. */
  readonly received: ReplyText;
  /** The last chunk that was applied; null before the first. */
  readonly cursor: Cursor | null;
  /** From this revision on the session must know the reply; one that does not says that it is over. */
  readonly sinceRev: number;
};

export function liveReply(
  reply: Pick<Reply, "id" | "messageId"> & { parentId: string | null },
  sinceRev: number,
  /** What an answer that is continued had said: it stays in view until the new one has caught up. */
  known: readonly Part[] = [],
): LiveReply {
  return {
    replyId: reply.id,
    messageId: reply.messageId,
    parentId: reply.parentId,
    shown: known.length === 0 ? EMPTY_REPLY : { parts: known, open: {} },
    received: EMPTY_REPLY,
    cursor: null,
    sinceRev,
  };
}

/**
 * The reply after one more chunk. After a reconnection or a takeover the stream may begin again, or repeat
 * itself: what is told twice is heard once, and what was seen stays in view until it has been told again.
 */
export function receiveChunk(live: LiveReply, cursor: Cursor, chunk: ReplyChunk): LiveReply {
  const restarts = chunk.type === "start";
  if (live.cursor && !restarts) {
    const isOld = cursor.epoch < live.cursor.epoch;
    const isRepeated = cursor.epoch === live.cursor.epoch && cursor.seq <= live.cursor.seq;
    if (isOld || isRepeated) return live;
  }
  const heard = restarts ? EMPTY_REPLY : applyChunk(live.received, chunk);
  return {
    ...live,
    cursor,
    received: heard,
    shown: lengthOf(heard) >= lengthOf(live.shown) ? heard : live.shown,
  };
}

/** The reply now that the session says where it belongs, and which answer it goes on from. */
export function placed(live: LiveReply, parentId: string, known: readonly Part[] = []): LiveReply {
  const before: ReplyText = { parts: known, open: {} };
  return { ...live, parentId, shown: lengthOf(live.shown) >= lengthOf(before) ? live.shown : before };
}

function lengthOf({ parts }: ReplyText): number {
  return parts.reduce((sum, part) => sum + part.text.length, 0);
}
