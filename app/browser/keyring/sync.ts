import { delay, type PageClock } from "~/browser/page/page-clock";
import { EMPTY_DOCUMENT, mergeAll, reconcile, type Entries, type KeyringDocument } from "./document/document";
import { KeyringError } from "./keyring";
import type { KeyringApi } from "./keyring-api";
import {
  appendTo,
  compactWith,
  continueRemote,
  isToCompact,
  newBase,
  openRemote,
  type NextRemote,
  type Remote,
} from "./remote";
import type { KeyringCipher } from "./sealing/secret";

/** What this browser has of the document, and how it takes what others have changed. */
export type LocalDocument = {
  collect: () => Entries;
  apply: (entries: Entries) => void;
  /** Called with everything that the keyring has, after this browser and the keyring have the same. */
  onSynced: (document: KeyringDocument) => void;
};

/** What a browser remembers of the keyring between visits: the last revision that it has merged, and its tag. */
export type SeenRevision = { rev: number; tag: string };

export type KeyringSync = {
  /**
   * Reads the keyring if `isToRead`, or if it was never read, merges it with what this browser has, and sends what the
   * keyring lacks. One call at a time.
   * @throws ApiError; KeyringError `not_found`, `gone`, `unreadable`, `newer`, `full`
   */
  run: (options: { isToRead: boolean; mayCreate?: boolean }) => Promise<void>;
  /** The last revision that was read or written; 0 for none. */
  rev: () => number;
};

type Dependencies = {
  api: KeyringApi;
  cipher: KeyringCipher;
  local: LocalDocument;
  seen: { read: () => SeenRevision | null; put: (seen: SeenRevision) => void };
  /** Of these conversations, by the keys of their entries, those that the server still has. */
  existing: (keys: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Called with the keys of conversations that only this browser had, and that were deleted. */
  onDeleted: (keys: readonly string[]) => void;
  /** Of a keyring that this call makes: see `KeyringDocument`. */
  horizon?: number;
  /** Called when the server has an older keyring than this browser has seen, or another one of the same revision. */
  onRollback: () => void;
  clock: Pick<PageClock, "now" | "after">;
  /** Uniform in [0, 1). */
  random: () => number;
};

/** Longest pause after a lost race, in milliseconds. It grows with each one by a part of this. */
const CONFLICT_PAUSE_MS = 400;

/** Writes of one call. What still differs then is sent by the next call. */
const MOST_WRITES = 3;

export function createKeyringSync(dependencies: Dependencies): KeyringSync {
  const { api, cipher, local, seen, existing, onDeleted, onRollback, horizon = 0 } = dependencies;
  let remote: Remote | null = null;
  /** Whether the server has no room for what is appended. It may have for a new base, as after deletions. */
  let isCrowded = false;
  /** What this page has seen of a keyring that the server has lost since. */
  let lost: Entries = new Map();

  /**
   * Takes what the server has. A revision that goes back is noticed here.
   * @param before what this browser had seen when it asked; another tab may have seen more since
   */
  function adopt(next: Remote | null, before: SeenRevision | null) {
    if (isOlder(next, before)) {
      if (remote) lost = mergeAll(lost, remote.document.entries);
      onRollback();
    }
    remote = next;
  }

  async function read(mayCreate: boolean) {
    const before = seen.read();
    let answer = await api.read(remote?.chain.rev ?? null);
    if (answer.kind === "appended" && remote) {
      const continued = continueRemote(cipher, remote, answer.rev, answer.bytes);
      if (continued) adopt(continued, before);
      else answer = await api.read(null);
    }
    if (answer.kind === "gone") throw new KeyringError("gone");
    if (answer.kind === "whole") adopt(openRemote(cipher, answer.rev, answer.bytes), before);
    if (answer.kind !== "absent") return;
    if (!mayCreate && before === null) throw new KeyringError("not_found");
    adopt(null, before);
  }

  /** Applies what others have changed, and sends what the keyring lacks. */
  async function exchange(): Promise<Outcome> {
    const document = remote?.document ?? EMPTY_DOCUMENT;
    const { apply, verify } = reconcile(local.collect(), document, seen.read()?.rev ?? 0);
    if (verify.length > 0) {
      const kept = await existing(verify);
      onDeleted(verify.filter((key) => !kept.has(key)));
    }
    if (apply.size > 0) local.apply(apply);
    // Of what was to be verified, the rest exists.
    const { push } = reconcile(mergeAll(lost, local.collect()), document, Infinity);
    if (push.size > 0 || !remote) return write(push);
    lost = new Map();
    seen.put(seenOf(remote));
    return "same";
  }

  function nextOf(push: Entries): NextRemote {
    if (!remote) return newBase(cipher, 1, { entries: push, horizon });
    return isCrowded || isToCompact(remote)
      ? compactWith(cipher, remote, push, dependencies.clock.now())
      : appendTo(cipher, remote, push);
  }

  /** If the answer is lost, the next write is a conflict, whose answer has what was stored. */
  async function write(push: Entries): Promise<Outcome> {
    const before = seen.read();
    const rev = remote?.chain.rev ?? 0;
    const { bytes, next } = nextOf(push);
    const isWhole = !remote || isCrowded || isToCompact(remote);
    const answer = await (isWhole ? api.put(rev, bytes) : api.append(rev, bytes, remote!.chain.tag));
    if (answer.kind === "gone") throw new KeyringError("gone");
    isCrowded = answer.kind === "full" && !isWhole;
    if (answer.kind === "full" && isWhole) throw new KeyringError("full");
    if (answer.kind === "absent") adopt(null, before);
    else if (answer.kind === "conflict") adopt(openRemote(cipher, answer.rev, answer.bytes), before);
    if (answer.kind !== "stored") return "raced";
    // A frame of another revision could not be opened.
    if (answer.rev !== next.chain.rev) throw new KeyringError("unreadable");
    remote = next;
    seen.put(seenOf(next));
    return "written";
  }

  return {
    async run({ isToRead, mayCreate = false }) {
      if (isToRead || !remote) await read(mayCreate);
      await repeat(exchange, dependencies);
      local.onSynced(remote?.document ?? EMPTY_DOCUMENT);
    },
    rev: () => remote?.chain.rev ?? 0,
  };
}

type Outcome = "same" | "written" | "raced";

/** Exchanges until both sides have the same. After a write what was applied meanwhile is compared once more. */
async function repeat(
  exchange: () => Promise<Outcome>,
  { clock, random }: Pick<Dependencies, "clock" | "random">,
): Promise<void> {
  let races = 0;
  for (let writes = 0; writes < MOST_WRITES;) {
    const outcome = await exchange();
    if (outcome === "same") return;
    if (outcome === "written") writes += 1;
    else if (races++ > 0) await delay(clock, Math.min(races, 5) * (CONFLICT_PAUSE_MS / 5) * random());
  }
}

function isOlder(next: Remote | null, before: SeenRevision | null): boolean {
  if (!before) return false;
  const now = next ? seenOf(next) : { rev: 0, tag: "" };
  return now.rev < before.rev || (now.rev === before.rev && now.tag !== before.tag);
}

function seenOf({ chain: { rev, tag } }: Remote): SeenRevision {
  return { rev, tag: [...tag].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
}
