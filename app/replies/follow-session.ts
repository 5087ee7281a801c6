import { ExpectedError } from "~/conversation/expected-error";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Cursor } from "~/conversation/cursor";
import type { SessionEvents } from "~/store/sessions/session-events";
import {
  followReply,
  headOf,
  type FollowDependencies,
  type FollowOptions,
  type SessionHead,
} from "./follow-reply";

/** What a follower is told: the chunks of replies, the end of each, and (watching) that there is a new commit. */
export type FollowEvent =
  { type: "chunk"; cursor: Cursor; chunk: ReplyChunk } | { type: "done" } | { type: "session"; rev: number };

/** See `Replies.follow`. A watcher is told the current revision first, so that it can see what it has missed. */
export async function followSession(
  key: string,
  options: FollowOptions,
  deps: FollowDependencies,
): Promise<AsyncGenerator<FollowEvent> | null> {
  const { signal, watch } = options;
  const leaveWatchers = watch ? deps.enter(key) : () => {};
  // Subscribed before the first read: what is committed in between is seen twice rather than never.
  const commits = collectCommits(key, deps.events, signal);
  // The request that brought it may be answered long before its stream ends.
  const releaseKey = deps.keepKey(key);
  const leave = () => {
    commits.leave();
    releaseKey();
    leaveWatchers();
  };
  try {
    const record = options.committed ?? (await deps.read(key));
    if (!record)
      throw new ExpectedError("session_not_found", "This conversation does not exist, or was deleted.");
    if (record.session.reply || watch) return leavingAtTheEnd(follow(headOf(record)));
  } catch (error) {
    leave();
    throw error;
  }
  leave();
  return null;

  async function* leavingAtTheEnd(events: AsyncGenerator<FollowEvent>): AsyncGenerator<FollowEvent> {
    try {
      yield* events;
    } finally {
      leave();
    }
  }

  async function* follow(first: SessionHead): AsyncGenerator<FollowEvent> {
    let { cursor } = options;
    for (let head = first; !signal.aborted;) {
      const { rev, reply } = head;
      if (watch) yield { type: "session", rev };
      if (reply) {
        const followed = yield* followReply(key, rev, reply, cursor, options, deps);
        if (!followed) return;
        cursor = followed.cursor;
        yield { type: "done" };
        if (watch && followed.head.rev > rev) {
          head = followed.head;
          continue;
        }
      }
      if (!watch || !(await attending(deps.attend("watch"), commits.newerThan(rev, deps.draining)))) return;
      const next = await look();
      if (!next) return;
      head = next;
    }
  }

  async function look(): Promise<SessionHead | null> {
    const record = await deps.read(key);
    return record && headOf(record);
  }
}

async function attending<T>(leave: () => void, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } finally {
    leave();
  }
}

/** The commits since it was called, until it is left. */
function collectCommits(key: string, events: SessionEvents, signal: AbortSignal) {
  let latest = 0;
  let gone = false;
  let unsure = false;
  let wake = () => {};
  const wakeUp = () => wake();
  const unsubscribe = events.subscribe(key, (news) => {
    if (news === null) gone = true;
    else if (news === "unknown") unsure = true;
    else latest = Math.max(latest, news);
    wake();
  });
  signal.addEventListener("abort", wakeUp);
  return {
    leave() {
      unsubscribe();
      signal.removeEventListener("abort", wakeUp);
    },
    /** Resolves when there is, or may be, a newer commit. False when there is nothing to wait for any more. */
    async newerThan(rev: number, draining: AbortSignal): Promise<boolean> {
      const over = () => gone || signal.aborted || draining.aborted;
      draining.addEventListener("abort", wakeUp);
      while (!over() && latest <= rev && !unsure) await new Promise<void>((resolve) => (wake = resolve));
      draining.removeEventListener("abort", wakeUp);
      unsure = false;
      return !over();
    },
  };
}
