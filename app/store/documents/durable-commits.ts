import { setNewest } from "~/set-newest";
import { createSingleFlight } from "~/single-flight";

/** The newest commit of a document that this node knows to be on stable storage. */
export type DurableCommit = {
  commit: string;
  rev: number;
  /** `FileContent.version` of its file; null where this node has written the file and not read it since. */
  version: string | null;
  /** Whether readers must read the document even if they know its revision. */
  mustBeRead: boolean;
};

/** The commits that this node knows to be on stable storage, by the hash of their document, so that each is synced once per node. */
export type DurableCommits = {
  get(hash: string): DurableCommit | undefined;
  set(hash: string, durable: DurableCommit): void;
  /** Runs `sync` unless the commit is known to be durable. Concurrent calls for one commit share one sync. */
  confirm(hash: string, durable: DurableCommit, sync: () => Promise<void>): Promise<void>;
};

/** Documents that are remembered. A forgotten one costs one sync of its folder. */
const MAX_REMEMBERED = 10_000;

export function createDurableCommits(): DurableCommits {
  /** Least recently set first. */
  const known = new Map<string, DurableCommit>();
  const syncs = createSingleFlight<void>();

  const set = (hash: string, durable: DurableCommit) => setNewest(known, hash, durable, MAX_REMEMBERED);

  return {
    get: (hash) => known.get(hash),
    set,
    async confirm(hash, durable, sync) {
      if (known.get(hash)?.commit !== durable.commit) {
        await syncs(`${hash} ${durable.commit}`, sync);
      }
      set(hash, durable);
    },
  };
}
