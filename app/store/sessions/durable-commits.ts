import { setNewest } from "~/set-newest";
import { createSingleFlight } from "~/single-flight";

/** The newest commit of a session that this node knows to be on stable storage. */
export type DurableCommit = {
  commit: string;
  rev: number;
  /** `FileContent.version` of its file; null where this node has written the file and not read it since. */
  version: string | null;
  /** Whether a reply runs in it, or has lost its runner. */
  hasReply: boolean;
};

/** The commits that this node knows to be on stable storage, by session hash, so that each is synced once per node. */
export type DurableCommits = {
  get(sessionHash: string): DurableCommit | undefined;
  set(sessionHash: string, durable: DurableCommit): void;
  /** Runs `sync` unless the commit is known to be durable. Concurrent calls for one commit share one sync. */
  confirm(sessionHash: string, durable: DurableCommit, sync: () => Promise<void>): Promise<void>;
};

/** Sessions that are remembered. A forgotten one costs one sync of its folder. */
const MAX_REMEMBERED = 10_000;

export function createDurableCommits(): DurableCommits {
  /** Least recently set first. */
  const known = new Map<string, DurableCommit>();
  const syncs = createSingleFlight<void>();

  const set = (sessionHash: string, durable: DurableCommit) =>
    setNewest(known, sessionHash, durable, MAX_REMEMBERED);

  return {
    get: (sessionHash) => known.get(sessionHash),
    set,
    async confirm(sessionHash, durable, sync) {
      if (known.get(sessionHash)?.commit !== durable.commit) {
        await syncs(`${sessionHash} ${durable.commit}`, sync);
      }
      set(sessionHash, durable);
    },
  };
}
