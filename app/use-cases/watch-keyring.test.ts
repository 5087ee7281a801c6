import { expect, test } from "vitest";
import { ExpectedError } from "~/conversation/expected-error";
import { createWatcherCount } from "~/replies/following/watcher-count";
import { createSessionEvents } from "~/store/sessions/session-events";
import { watchKeyring, type WatchKeyringDependencies } from "./watch-keyring";

const HASH = "a".repeat(64);

function setUp(first: number | null = 1) {
  const state = { rev: first, isGone: false, attending: 0 };
  const gone = new ExpectedError("keyring_gone", "This list of conversations was deleted.");
  const events = createSessionEvents();
  const draining = new AbortController();
  const deps: WatchKeyringDependencies = {
    keyrings: { version: () => (state.isGone ? Promise.reject(gone) : Promise.resolve(state.rev)) },
    events,
    enterWatch: createWatcherCount(2),
    attend() {
      state.attending += 1;
      return () => void (state.attending -= 1);
    },
    draining: draining.signal,
  };
  const left = new AbortController();
  return {
    state,
    events,
    draining,
    left,
    watch: () => watchKeyring(HASH, left.signal, deps),
  };
}

test("a watcher receives the newest revision, then each that comes, once", async () => {
  const { state, events, watch } = setUp();
  const revisions = await watch();
  expect(await revisions.next()).toEqual({ done: false, value: 1 });
  const next = revisions.next();
  // Without news: the events of other nodes may have been lost.
  events.emitUnknown();
  state.rev = 2;
  events.emit(HASH, 2);
  expect(await next).toEqual({ done: false, value: 2 });
  state.rev = 3;
  events.emit(HASH, 3);
  expect(await revisions.next()).toEqual({ done: false, value: 3 });
});

test("a watch ends when the keyring is deleted, the client leaves, or the node drains", async () => {
  for (const end of ["deletion", "retention", "leaving", "draining"]) {
    const { state, events, draining, left, watch } = setUp();
    const revisions = await watch();
    await revisions.next();
    expect(state.attending).toBe(1);
    const next = revisions.next();
    if (end === "deletion" || end === "retention") {
      if (end === "deletion") state.isGone = true;
      else state.rev = null;
      events.emit(HASH, null);
    } else (end === "leaving" ? left : draining).abort();
    expect((await next).done).toBe(true);
    expect(state.attending).toBe(0);
  }
});

test("a watch of a keyring that is not there is refused, and counts for nothing", async () => {
  const { state, watch } = setUp(null);
  for (let attempt = 0; attempt < 5; attempt++)
    await expect(watch()).rejects.toThrow(expect.objectContaining({ code: "keyring_not_found" }));
  state.isGone = true;
  await expect(watch()).rejects.toThrow(expect.objectContaining({ code: "keyring_gone" }));
  expect(state.attending).toBe(0);
});

test("one keyring has a limited number of watchers on a node", async () => {
  const { watch } = setUp();
  const revisions = await watch();
  await watch();
  await expect(watch()).rejects.toThrow(expect.objectContaining({ code: "too_many_requests" }));
  await revisions.next();
  await revisions.return(undefined);
  await watch();
});
