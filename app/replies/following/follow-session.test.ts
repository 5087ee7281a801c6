import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { emptySession } from "../../../tests/fixtures/store/store-conversation";
import type { Reply } from "~/conversation/session/session";
import { createSessionEvents } from "~/store/sessions/session-events";
import type { SessionRecord } from "~/store/sessions/session-store";
import type { FollowDependencies } from "./follow-reply";
import { followSession } from "./follow-session";
import { createReplyStream } from "./reply-stream";
import { createWatcherCount } from "./watcher-count";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const REPLY: Reply = {
  id: "r1",
  messageId: "a1",
  parentId: "m1",
  continues: null,
  epoch: 1,
  node: "node.b1",
  modelId: "test/one",
  startedAt: "2026-11-23T12:00:00.000Z",
  stopRequested: false,
};

/** A session that changes, and what of it is still held after it was read. */
function setUp(max?: number) {
  const events = createSessionEvents();
  const stream = createReplyStream();
  const read: WeakRef<SessionRecord["session"]>[] = [];
  let [rev, reply] = [0, null as Reply | null];
  const deps: FollowDependencies = {
    read() {
      if (rev === 0) return Promise.resolve(null);
      const session = { ...emptySession(), reply };
      read.push(new WeakRef(session));
      return Promise.resolve({ rev, commit: `commit-${rev}`, session, recovered: null });
    },
    events,
    keepKey: () => () => {},
    enter: createWatcherCount(max),
    streamOf: () => ({ stream, leave: () => {} }),
    draining: new AbortController().signal,
    attend: () => () => {},
    saidBy: () => Promise.resolve([]),
    pause: () => Promise.resolve(),
  };
  return {
    stream,
    commit(change: Reply | null = null) {
      rev += 1;
      reply = change;
      events.emit("key", rev);
    },
    watch: () =>
      followSession("key", { cursor: null, watch: true, signal: new AbortController().signal }, deps),
    async held() {
      // A WeakRef keeps its target alive until the task that made it has ended.
      await delay(0);
      collectGarbage();
      return read.map((ref) => ref.deref()).filter((session) => session !== undefined).length;
    },
    reads: () => read.length,
  };
}

test("a watcher does not keep the session in memory while it waits for a commit or for chunks", async () => {
  const { stream, commit, watch, held, reads } = setUp();
  commit();
  const events = await watch();
  await events!.next();
  let next = events!.next();
  expect(await held()).toBe(0);
  commit();
  expect((await next).value).toEqual({ type: "session", rev: 2 });
  next = events!.next();
  expect(await held()).toBe(0);

  commit(REPLY);
  expect((await next).value).toEqual({ type: "session", rev: 3 });
  next = events!.next();
  expect(await held()).toBe(0);
  stream.publish([{ type: "start", messageId: "a1" }]);
  expect((await next).value).toMatchObject({ type: "chunk" });
  next = events!.next();
  commit();
  stream.end();
  expect((await next).value).toEqual({ type: "done" });
  expect((await events!.next()).value).toEqual({ type: "session", rev: 4 });
  next = events!.next();
  expect(await held()).toBe(0);
  expect(reads()).toBe(4);
  commit();
  await next;
  await events!.return(undefined);
});

test("a watcher counts until it leaves, or until it learns that the session does not exist", async () => {
  const { commit, watch } = setUp(1);
  for (let time = 0; time < 2; time++)
    await expect(watch()).rejects.toMatchObject({ code: "session_not_found" });
  commit();
  const events = await watch();
  await events!.next();
  await expect(watch()).rejects.toMatchObject({ code: "too_many_requests" });
  await events!.return(undefined);
  await (await watch())!.next();
});
