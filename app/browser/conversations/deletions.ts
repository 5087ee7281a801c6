import { SESSION_ID_PATTERN } from "~/conversation/session-id";
import { backoffMs } from "~/browser/chat/backoff";
import { createStoredList } from "~/browser/storage/stored-list";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createObservable, type Observable } from "~/browser/page/observable";

const KEY = "holdfast.deletions";

/** So long can a deletion be undone. */
export const UNDO_MS = 10_000;
/** Between the last chance to undo it and its doing, so that the tab that undoes it cannot come too late. */
const GRACE_MS = 1_000;
/** The tab in which it was asked for does it. Another one does if that tab has gone. */
const OTHER_TAB_WAITS_MS = 2_000;

/** A conversation that is out of sight and is deleted on the server in a moment. */
export type Deletion = { id: string; title: string; canUndo: boolean };

export type Deletions = Observable<readonly Deletion[]> & {
  add: (conversation: { id: string; title: string }) => void;
  undo: (id: string) => void;
  /** From now on what is due is done. */
  start: () => void;
};

type Dependencies = {
  shared: SafeStorage;
  /** Calls back when another tab has written the value under `key`. */
  onOtherTab: (key: string, listener: () => void) => void;
  random: () => number;
  /** Doing it twice is harmless. */
  carryOut: (id: string) => Promise<void>;
  /** Whether it is worth trying again; if not, the deletion is undone. */
  isPassing: (error: unknown) => boolean;
  onFailure: (title: string, error: unknown) => void;
};

/** `askedAt` in milliseconds since 1970, by the clock of this device: it has to hold after the tab is closed. */
type Kept = { id: string; title: string; askedAt: number };

/**
 * The deletions of this browser that can still be undone, or have not succeeded yet. They outlive the tab: whichever
 * tab is open when one is due, or is opened next, carries it out.
 */
export function createDeletions(dependencies: Dependencies): Deletions {
  const { shared, onOtherTab, random, carryOut, isPassing, onFailure } = dependencies;
  /** What cannot be read is not deleted. */
  const asked = createStoredList(shared, KEY, toKept);
  const state = createObservable<readonly Deletion[]>([]);
  const mine = new Set<string>();
  const running = new Set<string>();
  const failures = new Map<string, { count: number; notBefore: number }>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStarted = false;

  function dueAt({ id, askedAt }: Kept): number {
    const planned = askedAt + UNDO_MS + GRACE_MS + (mine.has(id) ? 0 : OTHER_TAB_WAITS_MS);
    return Math.max(planned, failures.get(id)?.notBefore ?? 0);
  }

  /** Shows how things stand, begins what is due, and comes back when that changes. */
  function look() {
    clearTimeout(timer);
    const now = Date.now();
    const kept = asked.read();
    const view = kept.map(({ id, title, askedAt }) => ({ id, title, canUndo: now < askedAt + UNDO_MS }));
    if (JSON.stringify(view) !== JSON.stringify(state.getSnapshot())) state.set(view);
    const waiting = kept.filter(({ id }) => !running.has(id));
    if (isStarted) for (const deletion of waiting) if (dueAt(deletion) <= now) void begin(deletion);
    const moments = waiting.flatMap((deletion) => [deletion.askedAt + UNDO_MS, dueAt(deletion)]);
    const next = Math.min(...moments.filter((moment) => moment > now));
    if (Number.isFinite(next)) timer = setTimeout(look, next - now);
  }

  async function begin({ id, title }: Kept) {
    running.add(id);
    try {
      await carryOut(id);
      drop(id);
    } catch (error) {
      if (isPassing(error)) {
        const count = (failures.get(id)?.count ?? 0) + 1;
        failures.set(id, { count, notBefore: Date.now() + backoffMs(count, random) });
      } else {
        drop(id);
        onFailure(title, error);
      }
    } finally {
      running.delete(id);
      look();
    }
  }

  function drop(id: string) {
    asked.change((kept) => kept.filter((deletion) => deletion.id !== id));
    failures.delete(id);
  }

  onOtherTab(KEY, look);
  look();

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    add({ id, title }) {
      if (asked.read().some((deletion) => deletion.id === id)) return;
      mine.add(id);
      asked.change((kept) => [...kept, { id, title, askedAt: Date.now() }]);
      look();
    },
    undo(id) {
      if (running.has(id)) return;
      drop(id);
      look();
    },
    start() {
      isStarted = true;
      look();
    },
  };
}

function toKept(entry: unknown): Kept[] {
  if (typeof entry !== "object" || entry === null) return [];
  const { id, title, askedAt } = entry as Record<string, unknown>;
  if (typeof id !== "string" || !SESSION_ID_PATTERN.test(id) || typeof askedAt !== "number") return [];
  return [{ id, title: typeof title === "string" ? title : "", askedAt }];
}
