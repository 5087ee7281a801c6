import { ExpectedError } from "~/conversation/expected-error";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Cursor } from "~/conversation/cursor";
import type { Reply } from "~/conversation/session";
import type { SessionEvents } from "~/store/session-events";
import type { SessionRecord } from "~/store/session-store";
import type { ReplyStream } from "./reply-stream";

/** What a follower is told: the chunks of replies, the end of each, and (watching) that there is a new commit. */
export type FollowEvent =
  { type: "chunk"; cursor: Cursor; chunk: ReplyChunk } | { type: "done" } | { type: "session"; rev: number };

export type FollowOptions = { cursor: Cursor | null; watch: boolean; signal: AbortSignal };

export type FollowDependencies = {
  read: (key: string) => Promise<SessionRecord | null>;
  events: SessionEvents;
  /** The stream of a reply that this node runs or has just run. */
  streamOf: (reply: Reply) => ReplyStream | null;
  /** Aborted when this node is about to stop: watchers between replies are let go, to watch elsewhere. */
  draining: AbortSignal;
};

/** See `Replies.follow`. A watcher is told the current revision first, so that it can see what it has missed. */
export async function followSession(
  key: string,
  options: FollowOptions,
  deps: FollowDependencies,
): Promise<AsyncGenerator<FollowEvent> | null> {
  // Subscribed before the first read: what is committed in between is seen twice rather than never.
  const commits = collectCommits(key, deps.events, options.signal);
  try {
    const record = await deps.read(key);
    if (!record)
      throw new ExpectedError("session_not_found", "This conversation does not exist, or was deleted.");
    if (record.session.reply || options.watch) return follow(record);
  } catch (error) {
    commits.leave();
    throw error;
  }
  commits.leave();
  return null;

  async function* follow(first: SessionRecord): AsyncGenerator<FollowEvent> {
    try {
      yield* followFrom(first);
    } finally {
      commits.leave();
    }
  }

  async function* followFrom(first: SessionRecord): AsyncGenerator<FollowEvent> {
    let { cursor } = options;
    for (let record = first; !options.signal.aborted;) {
      if (options.watch) yield { type: "session", rev: record.rev };
      const { reply } = record.session;
      const stream = reply && deps.streamOf(reply);
      if (reply && stream) {
        const seen = cursor?.replyId === reply.id ? cursor.seq : 0;
        for await (const { seq, chunk } of stream.follow(seen, options.signal)) {
          cursor = { replyId: reply.id, epoch: reply.epoch, seq };
          yield { type: "chunk", cursor, chunk };
        }
        if (options.signal.aborted) return;
        yield { type: "done" };
      }
      if (!options.watch || deps.draining.aborted) return;
      if (!(await commits.newerThan(record.rev, deps.draining))) return;
      const next = await deps.read(key);
      if (!next) return;
      record = next;
    }
  }
}

/** The commits since it was called, until it is left. */
function collectCommits(key: string, events: SessionEvents, signal: AbortSignal) {
  let latest = 0;
  let gone = false;
  let wake = () => {};
  const wakeUp = () => wake();
  const unsubscribe = events.subscribe(key, (rev) => {
    if (rev === null) gone = true;
    else latest = Math.max(latest, rev);
    wake();
  });
  signal.addEventListener("abort", wakeUp);
  return {
    leave() {
      unsubscribe();
      signal.removeEventListener("abort", wakeUp);
    },
    /** False when the session is gone, or there is nobody to wait any more. */
    async newerThan(rev: number, draining: AbortSignal): Promise<boolean> {
      const over = () => gone || signal.aborted || draining.aborted;
      draining.addEventListener("abort", wakeUp);
      while (!over() && latest <= rev) await new Promise<void>((resolve) => (wake = resolve));
      draining.removeEventListener("abort", wakeUp);
      return !over();
    },
  };
}
