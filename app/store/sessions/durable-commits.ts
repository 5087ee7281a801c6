import { createSingleFlight } from "~/single-flight";

/** The newest commit of a session that is known to be on stable storage. */
export type DurableCommit = {
  commit: string;
  rev: number;
  /** Of its file, `FileContent.version`; null where this node has written it and not read it since. */
  version: string | null;
};

/** What this node knows to be on stable storage, so that each commit is put there once, however often it is read. */
export type DurableCommits = {
  get(key: string): DurableCommit | undefined;
  set(key: string, durable: DurableCommit): void;
  /** Runs `sync` unless the commit is known to be durable. Those who ask for one commit at once share one. */
  confirm(key: string, durable: DurableCommit, sync: () => Promise<void>): Promise<void>;
};

/** Sessions that are remembered: a forgotten one costs a sync of its folder. */
const MAX_REMEMBERED = 10_000;

export function createDurableCommits(): DurableCommits {
  /** The one that was set last at the end. */
  const known = new Map<string, DurableCommit>();
  const syncs = createSingleFlight<void>();

  function set(key: string, durable: DurableCommit) {
    known.delete(key);
    known.set(key, durable);
    if (known.size > MAX_REMEMBERED) known.delete(known.keys().next().value!);
  }

  return {
    get: (key) => known.get(key),
    set,
    async confirm(key, durable, sync) {
      if (known.get(key)?.commit !== durable.commit) await syncs(`${key} ${durable.commit}`, sync);
      set(key, durable);
    },
  };
}
