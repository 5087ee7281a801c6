import { ApiError } from "~/browser/chat/api-error";
import { backoffMs } from "~/browser/chat/backoff";
import { entryKey, isSessionId, toConversation } from "~/browser/conversations/conversation-list";
import type { EntryStore } from "~/browser/conversations/entry-store";
import type { ListEntry } from "~/browser/conversations/list-entry";
import { movedEntry } from "~/browser/conversations/moved-conversations";
import type { PageClock } from "~/browser/page/page-clock";
import { KINDS, type KeyringDocument } from "./document/document";
import { inParts } from "./in-parts";

/** Field of a conversation's entry: the ids that it is to get, one after the other, with spaces between. */
const NEXT = "next";

/** Conversations that are moved at a time. */
const AT_A_TIME = 2;

/**
 * Moves conversations to ids that a lost device does not know. The new ids are in the keyring before the server is asked
 * to move anything, and the server's move can be repeated. So any device finishes what another has begun.
 */
export type Moves = {
  /** Chooses a new id for each conversation of the list. */
  plan: () => void;
  /** Moves what the keyring has new ids for. What cannot be moved now is tried again later, until `stop`. */
  run: (document: KeyringDocument) => Promise<void>;
  /** Conversations that are still to be moved. */
  left: () => number;
  stop: () => void;
};

type Dependencies = {
  entries: EntryStore;
  newId: () => string;
  /** Moves a session on the server. Repeating it is harmless. Rejects with an ApiError. */
  moveSession: (from: string, move: { to: string; attachments: string[] }) => Promise<void>;
  /** The files that drafts and unsent messages of any device name in the conversation. */
  attachmentsOf: (id: string) => string[];
  /** Whether a message is being sent in the conversation, or it is about to be deleted. */
  isBusy: (id: string) => boolean;
  /** Called when the list has the new id, and the old one too: what this browser keeps under that is to be carried over. */
  onMoved: (from: string) => void;
  onProgress: () => void;
  clock: Pick<PageClock, "now" | "after">;
  /** Uniform in [0, 1). */
  random: () => number;
};

export function createMoves(dependencies: Dependencies): Moves {
  const { entries, newId, moveSession, attachmentsOf, isBusy, onMoved, onProgress, clock, random } =
    dependencies;
  let known: KeyringDocument | null = null;
  let isRunning = false;
  let isStopped = false;
  let failures = 0;
  let cancelRetry = () => {};

  const planned = () =>
    [...entries.all()].flatMap(([key, entry]) => {
      const [next, ...later] = nextIds(entry);
      const id = entry.id?.[0];
      return next !== undefined && isSessionId(id) ? [{ key, entry, id, next, later }] : [];
    });

  /** @returns milliseconds since 1970 before which it is of no use to try again; 0 if unknown */
  async function move({ key, id, next, later }: ReturnType<typeof planned>[number]): Promise<number> {
    if (isStopped || isBusy(id)) return 0;
    try {
      await moveSession(id, { to: next, attachments: attachmentsOf(id) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Deleted meanwhile: there is nothing that a lost device could read.
      if (error.code === "session_not_found") entries.change([[key, { [NEXT]: null }]]);
      return error.retryAt ?? 0;
    }
    const { kept, values } = movedEntry(entries.get(key) ?? {}, id, next);
    const newKey = entryKey(next);
    entries.merge([[newKey, kept]]);
    entries.change([[newKey, { ...values, ...(later.length > 0 && { [NEXT]: later.join(" ") }) }]]);
    onMoved(id);
    entries.change([[key, { gone: true }]]);
    onProgress();
    return 0;
  }

  async function pass(): Promise<void> {
    if (isRunning || isStopped || !known) return;
    cancelRetry();
    isRunning = true;
    const { entries: stored } = known;
    const isKept = ({ key, entry }: ReturnType<typeof planned>[number]) =>
      stored.get(KINDS.list + key)?.[NEXT]?.[0] === entry[NEXT]![0];
    const before = planned().length;
    const notBefore: number[] = [];
    try {
      await inParts(AT_A_TIME, planned().filter(isKept), async (each) => {
        notBefore.push(await move(each));
      });
    } finally {
      isRunning = false;
    }
    const left = planned().filter(isKept).length;
    failures = left < before ? 1 : failures + 1;
    if (left === 0 || isStopped) return;
    cancelRetry = clock.after(
      Math.max(backoffMs(failures, random), Math.max(...notBefore) - clock.now()),
      () => void pass(),
    );
  }

  return {
    plan() {
      const chosen = [...entries.all()].flatMap(([key, entry]) =>
        toConversation(entry)?.saved
          ? [[key, { [NEXT]: [...nextIds(entry), newId()].join(" ") }] as const]
          : [],
      );
      entries.change(chosen);
      onProgress();
    },
    run(document) {
      known = document;
      return pass();
    },
    left: () => planned().length,
    stop() {
      isStopped = true;
      cancelRetry();
    },
  };
}

function nextIds(entry: ListEntry): string[] {
  const next = entry[NEXT]?.[0];
  return typeof next === "string" ? next.split(" ").filter(isSessionId) : [];
}
