import { catchUp, lastChunk, WAITS } from "~/conversation/reply/catch-up";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { Cursor } from "~/conversation/reply/cursor";
import type { ToolProgress } from "~/conversation/calls/tool-progress";
import { applyChunk, EMPTY_REPLY } from "~/conversation/reply/reply-text";
import type { Part, Reply } from "~/conversation/session/session";
import { isWaiting } from "~/conversation/calls/claim-calls";
import { partialParts } from "~/conversation/calls/decide-call";
import type { SessionEvents } from "~/store/sessions/session-events";
import type { SessionRecord } from "~/store/sessions/session-store";
import type { ReplyStream } from "./reply-stream";

export type FollowOptions = {
  cursor: Cursor | null;
  watch: boolean;
  signal: AbortSignal;
  /** The session that was just committed: saves the first read. */
  committed?: SessionRecord | undefined;
  /** Follow the reply with this id alone, which may not have begun: its message waits in the queue. */
  awaited?: string | undefined;
};

export type FollowDependencies = {
  /** Reads the session, after an orphaned reply was taken over. */
  read: (sessionHash: string) => Promise<SessionRecord | null>;
  events: SessionEvents;
  /** Keeps the encryption key of a session until the returned function is called. */
  keepKey: (sessionHash: string) => () => void;
  /** Counts a watcher of a session until the returned function is called. @throws ExpectedError `too_many_requests` */
  enter: (sessionHash: string) => () => void;
  /** The stream of a running reply, on any node; null where this node drains. */
  streamOf: (
    sessionHash: string,
    rev: number,
    reply: Reply,
  ) => { stream: ReplyStream; leave: () => void } | null;
  /** Aborted when this node drains: watchers between replies are disconnected and reconnect to another node. */
  draining: AbortSignal;
  /** All chunks of a reply's runner, where the reply runs or has settled lately; empty once its log has forgotten it. */
  saidBy: (reply: Reply) => Promise<ReplyChunk[]>;
  /** Polls the logs of other nodes more often, until the returned function is called. */
  attend: (interest: "reply" | "watch") => () => void;
  /** Pause before a stream that ended too soon is opened again. */
  pause: () => Promise<unknown>;
};

type ChunkEvent = { type: "chunk"; cursor: Cursor; chunk: ReplyChunk };
/** Has the cursor of the chunk before it: a follower that comes back misses nothing by it. */
export type ProgressEvent = { type: "progress"; cursor: Cursor; progress: readonly ToolProgress[] };

/**
 * The part of a session that a waiting follower keeps. Not the whole session: it may be large, and many followers may
 * wait for its next commit.
 */
export type SessionHead = {
  rev: number;
  reply: Reply | null;
  /** See `PartialReply`. */
  since: number;
};

/** State of a follower after a reply has settled: its cursor, and the head of the session with the settlement. */
export type FollowedReply = { cursor: Cursor | null; head: SessionHead };

export function headOf({ rev, session }: SessionRecord): SessionHead {
  return { rev, reply: session.reply, since: session.partial?.since ?? 1 };
}

/**
 * Follows one reply to its end, across takeovers: each runner repeats the chunks of its predecessors under the same
 * sequence numbers. Returns null where the follower left, the session was deleted, or this node
 * drains and the reply goes on elsewhere.
 */
export async function* followReply(
  sessionHash: string,
  first: SessionHead & { reply: Reply },
  from: Cursor | null,
  { signal }: FollowOptions,
  deps: FollowDependencies,
): AsyncGenerator<ChunkEvent | ProgressEvent, FollowedReply | null> {
  const { id, messageId } = first.reply;
  // A reply that has waited begins anew with what it had said: earlier cursors count other chunks.
  let cursor = from?.replyId === id && from.epoch >= first.since ? from : null;
  let last = first;
  let text = EMPTY_REPLY;
  let received = 0;
  let hasEnding = false;

  while (!signal.aborted) {
    const { reply } = last;
    if (last.since > (cursor?.epoch ?? last.since)) {
      // It has waited meanwhile, and begins anew.
      cursor = null;
      [text, received] = [EMPTY_REPLY, 0];
    }
    if (isWaiting(reply)) {
      const next = await readHead();
      // A decision was committed meanwhile.
      if (next?.reply?.id === id && !isWaiting(next.reply)) {
        last = { ...next, reply: next.reply };
        continue;
      }
      if (next?.reply) yield* theRest(next.parts, WAITS);
      else if (next?.message?.role === "assistant")
        yield* theRest(next.message.parts, lastChunk(next.message));
      return next && { cursor, head: next };
    }
    const followed = deps.streamOf(sessionHash, last.rev, reply);
    if (!followed) return null;
    try {
      // From the beginning, to have the whole text; chunks up to the cursor are not sent again.
      for await (const item of followed.stream.follow(received, signal)) {
        if ("progress" in item) {
          if (cursor) yield { type: "progress", cursor, progress: item.progress };
          continue;
        }
        const { seq, chunk } = item;
        text = applyChunk(text, chunk);
        received = seq;
        hasEnding = chunk.type === "finish" || chunk.type === "error" || chunk.type === "abort";
        if (seq <= (cursor?.seq ?? 0)) continue;
        cursor = { replyId: id, epoch: reply.epoch, seq };
        yield { type: "chunk", cursor, chunk };
      }
    } finally {
      followed.leave();
    }
    if (signal.aborted) break;
    const next = await readHead();
    if (!next) break;
    if (next.reply?.id !== id) {
      if (next.message?.role === "assistant" && !hasEnding)
        yield* theRest(next.message.parts, lastChunk(next.message));
      return { cursor, head: next };
    }
    // The stream has ended but the reply runs: the volume failed, or no node has taken over yet.
    if (next.reply.epoch === reply.epoch) await deps.pause();
    last = { ...next, reply: next.reply };
  }
  return null;

  /** A separate function, so that the suspended generator does not keep the whole session in memory. */
  async function readHead() {
    const record = await deps.read(sessionHash);
    const message = record?.session.messages.find(({ id }) => id === messageId);
    return record && { ...headOf(record), message, parts: partialParts(record.session) };
  }

  /** The end of a reply that ran on another node, or waits: the parts that were not sent yet. */
  async function* theRest(parts: readonly Part[], ending: ReplyChunk): AsyncGenerator<ChunkEvent> {
    const seen = cursor?.seq ?? 0;
    if (received < seen) {
      // The follower had received more elsewhere than this node had read when the reply settled. A failed read is
      // ignored: the message in the session has the same words.
      const said = (await deps.saidBy(last.reply).catch(() => [])).slice(received, seen);
      text = said.reduce(applyChunk, text);
      received += said.length;
    }
    // The follower has chunks that cannot be read here. It reads the whole message from the session.
    if (received < seen) return;
    for (const chunk of [...catchUp(parts, text), ending]) {
      cursor = { replyId: id, epoch: last.reply.epoch, seq: ++received };
      yield { type: "chunk", cursor, chunk };
    }
  }
}
