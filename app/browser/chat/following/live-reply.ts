import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { ToolProgress } from "~/conversation/calls/tool-progress";
import type { Cursor } from "~/conversation/reply/cursor";
import { applyChunk, EMPTY_REPLY, type ReplyText } from "~/conversation/reply/reply-text";
import type { Part, Reply } from "~/conversation/session/session";

/** A running reply, as far as this tab has received it. */
export type LiveReply = {
  readonly replyId: string;
  readonly messageId: string;
  /** The message that it answers; null until the session has been read. */
  readonly parentId: string | null;
  /** The text as shown. It never gets shorter. */
  readonly shown: ReplyText;
  /** The text received since the last `start`: shorter than `shown` while a stream is repeated. */
  readonly received: ReplyText;
  /** The last chunk that was applied; null before the first. */
  readonly cursor: Cursor | null;
  /** A session of this revision or later that does not have the reply means that the reply has ended. */
  readonly sinceRev: number;
  /** How far its running calls have come. */
  readonly progress: readonly ToolProgress[];
};

export function liveReply(
  reply: Pick<Reply, "id" | "messageId"> & { parentId: string | null },
  sinceRev: number,
  /** The text of a continued reply: shown until the new text is as long. */
  known: readonly Part[] = [],
): LiveReply {
  return {
    replyId: reply.id,
    messageId: reply.messageId,
    parentId: reply.parentId,
    shown: { ...EMPTY_REPLY, parts: known },
    received: EMPTY_REPLY,
    cursor: null,
    sinceRev,
    progress: [],
  };
}

/**
 * The reply after one more chunk. After a reconnection or a takeover the stream may begin again or repeat chunks:
 * repeated chunks are ignored, and the shown text stays until the received text is as long.
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

/** The reply with its place in the session, and the text of the reply that it continues. */
export function placed(live: LiveReply, parentId: string, known: readonly Part[] = []): LiveReply {
  const before: ReplyText = { ...EMPTY_REPLY, parts: known };
  return { ...live, parentId, shown: lengthOf(live.shown) >= lengthOf(before) ? live.shown : before };
}

function lengthOf({ parts }: ReplyText): number {
  return parts.reduce((sum, part) => sum + ("text" in part ? part.text.length : 0), 0);
}
