import { lastChunk } from "~/conversation/reply/catch-up";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { Cursor } from "~/conversation/reply/cursor";
import { messageChunks } from "~/conversation/reply/message-chunks";
import { waitingMessages } from "~/conversation/queue/message-queue";
import { requireSession } from "~/conversation/session/require-session";
import type { AssistantMessage } from "~/conversation/session/session";
import type { SessionEvents } from "~/store/sessions/session-events";
import {
  followReply,
  headOf,
  type FollowDependencies,
  type FollowOptions,
  type ProgressEvent,
  type SessionHead,
} from "./follow-reply";

/** Events for a follower: the chunks of replies, the progress of their calls, the end of each reply, and for watchers each new revision. */
export type FollowEvent =
  | { type: "chunk"; cursor: Cursor; chunk: ReplyChunk }
  | ProgressEvent
  | { type: "done" }
  | { type: "session"; rev: number };

/** See `Replies.follow`. A watcher receives the current revision first, which shows whether it has missed commits. */
export async function followSession(
  sessionHash: string,
  options: FollowOptions,
  deps: FollowDependencies,
): Promise<AsyncGenerator<FollowEvent> | null> {
  const { signal, watch, awaited } = options;
  const leaveWatchers = watch || awaited !== undefined ? deps.enter(sessionHash) : () => {};
  // Subscribed before the first read: a commit in between is seen twice rather than never.
  const commits = collectCommits(sessionHash, deps.events, signal);
  // The request that brought the key may be answered long before the stream ends.
  const releaseKey = deps.keepKey(sessionHash);
  const leave = () => {
    commits.leave();
    releaseKey();
    leaveWatchers();
  };
  try {
    const record = options.committed ?? requireSession(await deps.read(sessionHash));
    if (awaited !== undefined) return leaveAtEnd(followAwaited(awaited));
    if (record.session.reply || watch) return leaveAtEnd(follow(headOf(record)));
  } catch (error) {
    leave();
    throw error;
  }
  leave();
  return null;

  async function* leaveAtEnd(events: AsyncGenerator<FollowEvent>): AsyncGenerator<FollowEvent> {
    try {
      yield* events;
    } finally {
      leave();
    }
  }

  async function* follow(first: SessionHead): AsyncGenerator<FollowEvent> {
    let { cursor } = options;
    for (let head = first; !signal.aborted;) {
      const { rev, reply, since } = head;
      if (watch) yield { type: "session", rev };
      if (reply) {
        const followed = yield* followReply(sessionHash, { rev, reply, since }, cursor, options, deps);
        if (!followed) return;
        cursor = followed.cursor;
        yield { type: "done" };
        if (watch && followed.head.rev > rev) {
          head = followed.head;
          continue;
        }
      }
      if (!watch || !(await whileAttending(deps.attend("watch"), commits.newerThan(rev, deps.draining))))
        return;
      const next = await readHead();
      if (!next) return;
      head = next;
    }
  }

  /** Waits for the turn of a message, then follows its reply. */
  async function* followAwaited(replyId: string): AsyncGenerator<FollowEvent> {
    while (!signal.aborted) {
      const turn = await readTurn(replyId);
      if (!turn) return;
      if (turn.kind === "running") {
        if (yield* followReply(sessionHash, turn.head, options.cursor, options, deps)) yield { type: "done" };
        return;
      }
      if (turn.kind === "settled") yield* settledEvents(turn.message, replyId);
      if (turn.kind !== "waiting") return yield { type: "done" };
      if (!(await whileAttending(deps.attend("watch"), commits.newerThan(turn.rev, deps.draining)))) return;
    }
  }

  /** A separate function, so that the suspended generator does not keep the whole session in memory. */
  async function readTurn(replyId: string) {
    const record = await deps.read(sessionHash);
    if (!record) return null;
    const { reply, messages } = record.session;
    if (reply?.id === replyId) return { kind: "running" as const, head: { ...headOf(record), reply } };
    const message = messages.find(
      (each): each is AssistantMessage => each.role === "assistant" && each.metadata.replyId === replyId,
    );
    if (message) return { kind: "settled" as const, message };
    const isWaiting = waitingMessages(record.session).some((item) => item.replyId === replyId);
    return isWaiting ? { kind: "waiting" as const, rev: record.rev } : { kind: "removed" as const };
  }

  async function readHead(): Promise<SessionHead | null> {
    const record = await deps.read(sessionHash);
    return record && headOf(record);
  }
}

function* settledEvents(message: AssistantMessage, replyId: string): Generator<FollowEvent> {
  const chunks = [...messageChunks(message.id, message.parts), lastChunk(message)];
  for (const [index, chunk] of chunks.entries())
    yield { type: "chunk", cursor: { replyId, epoch: 1, seq: index + 1 }, chunk };
}

async function whileAttending<T>(leave: () => void, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } finally {
    leave();
  }
}

/** Collects the commits of a session from now on, until `leave`. */
function collectCommits(sessionHash: string, events: SessionEvents, signal: AbortSignal) {
  let latest = 0;
  let gone = false;
  let unsure = false;
  let wake = () => {};
  const wakeUp = () => wake();
  const unsubscribe = events.subscribe(sessionHash, (news) => {
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
    /** Resolves when there is, or may be, a newer commit. False after a deletion, an abort or the start of draining. */
    async newerThan(rev: number, draining: AbortSignal): Promise<boolean> {
      const isOver = () => gone || signal.aborted || draining.aborted;
      draining.addEventListener("abort", wakeUp);
      while (!isOver() && latest <= rev && !unsure) await new Promise<void>((resolve) => (wake = resolve));
      draining.removeEventListener("abort", wakeUp);
      unsure = false;
      return !isOver();
    },
  };
}
