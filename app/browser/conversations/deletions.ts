import { SESSION_ID_PATTERN } from "~/conversation/session/session-id";
import { backoffMs } from "~/browser/chat/backoff";
import { createStoredList } from "~/browser/storage/stored-list";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createObservable, type Observable } from "~/browser/page/observable";
import type { PageClock } from "~/browser/page/page-clock";
import type { OnOtherTab } from "~/browser/storage/other-tabs";

const KEY = "holdfast.deletions";

/** Time in which a deletion can be undone, in milliseconds. */
const UNDO_MS = 10_000;
/** Time between the end of that and the deletion, in milliseconds, so that a tab's late undo is still in time. */
const GRACE_MS = 1_000;
/** The tab of the person's click deletes first; other tabs wait this many milliseconds longer, in case it is closed. */
const OTHER_TAB_WAITS_MS = 2_000;

/** Deletions that are carried out at a time. */
const AT_A_TIME = 4;

/**
 * A conversation that is hidden, and about to be deleted on the server. `batch`: the same for conversations that were
 * deleted together.
 */
export type Deletion = { id: string; title: string; batch: string; canUndo: boolean };

export type Deletions = Observable<readonly Deletion[]> & {
  add: (...conversations: { id: string; title: string }[]) => void;
  undo: (...ids: string[]) => void;
  /** From now on deletions are carried out when they are due. */
  start: () => void;
};

type Dependencies = {
  shared: SafeStorage;
  onOtherTab: OnOtherTab;
  clock: PageClock;
  /** Uniform in [0, 1). */
  random: () => number;
  /** Deletes the conversation. Called again after a passing failure, and perhaps in several tabs. */
  carryOut: (id: string) => Promise<void>;
  /** Whether the deletion is tried again after this error; otherwise it is undone. */
  isPassing: (error: unknown) => boolean;
  /** Called when a deletion has failed and was undone. */
  onFailure: (title: string, error: unknown) => void;
};

/** `askedAt`: milliseconds since 1970 by the wall clock, which is still valid after the tab is closed. */
type Kept = { id: string; title: string; batch: string; askedAt: number };

/**
 * The deletions of this browser that can still be undone, or have not succeeded yet. They are stored: the tab that is
 * open when a deletion is due, or the next one that is opened, carries it out.
 */
export function createDeletions(dependencies: Dependencies): Deletions {
  const { shared, onOtherTab, clock, random, carryOut, isPassing, onFailure } = dependencies;
  const asked = createStoredList(shared, KEY, toKept);
  const state = createObservable<readonly Deletion[]>([]);
  const mine = new Set<string>();
  const running = new Set<string>();
  const failures = new Map<string, { count: number; notBefore: number }>();
  let cancelTimer = () => {};
  let isStarted = false;

  function dueAt({ id, askedAt }: Kept): number {
    const planned = askedAt + UNDO_MS + GRACE_MS + (mine.has(id) ? 0 : OTHER_TAB_WAITS_MS);
    return Math.max(planned, failures.get(id)?.notBefore ?? 0);
  }

  /** Publishes the deletions, carries out those that are due, and sets a timer for the next change. */
  function refresh() {
    cancelTimer();
    const now = clock.now();
    const kept = asked.read();
    const view = kept.map(({ askedAt, ...deletion }) => ({ ...deletion, canUndo: now < askedAt + UNDO_MS }));
    if (JSON.stringify(view) !== JSON.stringify(state.getSnapshot())) state.set(view);
    const waiting = kept.filter(({ id }) => !running.has(id));
    const due = isStarted ? waiting.filter((deletion) => dueAt(deletion) <= now) : [];
    for (const deletion of due.slice(0, Math.max(0, AT_A_TIME - running.size))) void begin(deletion);
    const moments = waiting.flatMap((deletion) => [deletion.askedAt + UNDO_MS, dueAt(deletion)]);
    const next = Math.min(...moments.filter((moment) => moment > now));
    if (Number.isFinite(next)) cancelTimer = clock.after(next - now, refresh);
  }

  async function begin({ id, title }: Kept) {
    running.add(id);
    try {
      await carryOut(id);
      drop(id);
    } catch (error) {
      if (isPassing(error)) {
        const count = (failures.get(id)?.count ?? 0) + 1;
        failures.set(id, { count, notBefore: clock.now() + backoffMs(count, random) });
      } else {
        drop(id);
        onFailure(title, error);
      }
    } finally {
      running.delete(id);
      refresh();
    }
  }

  function drop(...ids: string[]) {
    const dropped = new Set(ids);
    asked.change((kept) => kept.filter(({ id }) => !dropped.has(id)));
    for (const id of ids) failures.delete(id);
  }

  onOtherTab(KEY, refresh);
  refresh();

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    add(...conversations) {
      const known = new Set(asked.read().map(({ id }) => id));
      const added = conversations.filter(({ id }) => !known.has(id));
      const batch = added[0]?.id;
      if (batch === undefined) return;
      for (const { id } of added) mine.add(id);
      const askedAt = clock.now();
      asked.change((kept) => [...kept, ...added.map(({ id, title }) => ({ id, title, batch, askedAt }))]);
      refresh();
    },
    undo(...ids) {
      drop(...ids.filter((id) => !running.has(id)));
      refresh();
    },
    start() {
      isStarted = true;
      refresh();
    },
  };
}

function toKept(entry: unknown): Kept[] {
  if (typeof entry !== "object" || entry === null) return [];
  const { id, title, batch, askedAt } = entry as Record<string, unknown>;
  if (typeof id !== "string" || !SESSION_ID_PATTERN.test(id) || typeof askedAt !== "number") return [];
  const titleText = typeof title === "string" ? title : "";
  // Earlier versions stored no batch.
  return [{ id, title: titleText, batch: typeof batch === "string" ? batch : id, askedAt }];
}
