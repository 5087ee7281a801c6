import type { Reply } from "~/conversation/session";
import { journalName } from "~/store/sessions/layout";
import { createJournalReaderOf } from "./journal-reader";
import type { EncryptionKeys } from "~/store/encryption/encryption-keys";
import { readIfNewer } from "./read-if-newer";
import { createOwnershipGuard } from "./reply-guard";
import type { ReplyStream } from "./reply-stream";
import type { RunnerDependencies } from "./run-context";
import { tailJournal, type Tail } from "./tail-journal";

/** Time between two looks into the journal of another node, in milliseconds. */
const POLL_MS = 60;

export type RemoteReplies = {
  /** The stream of a reply that another node runs; one tail for all followers here, while there is one. */
  follow(key: string, rev: number, reply: Reply): { stream: ReplyStream; leave: () => void };
};

export function createRemoteReplies(
  deps: RunnerDependencies & {
    isOrphaned: (reply: Reply) => boolean;
    attend: (interest: "reply") => () => void;
    keys: Pick<EncryptionKeys, "keep">;
  },
): RemoteReplies {
  const tails = new Map<string, { tail: Tail; followers: number }>();

  function open(key: string, rev: number, reply: Reply): Tail {
    return tailJournal({
      guard: createOwnershipGuard(reply, rev, (known) => readIfNewer(deps, key, known)),
      name: journalName(reply.id, reply.epoch),
      reader: createJournalReaderOf(key, reply, deps),
      isOrphaned: () => deps.isOrphaned(reply),
      delay: deps.delay,
      pollMs: POLL_MS,
      onFailure: (error) => deps.log.warn({ reply: reply.id, err: error }, "a journal could not be followed"),
      // It may be in the middle of a look when the last of its followers leaves.
      ended: deps.keys.keep(key),
    });
  }

  return {
    follow(key, rev, reply) {
      const id = `${key}/${journalName(reply.id, reply.epoch)}`;
      let shared = tails.get(id);
      // One that has ended told its followers so; whoever comes after looks for itself.
      if (!shared || shared.tail.stream.ended()) {
        shared = { tail: open(key, rev, reply), followers: 0 };
        tails.set(id, shared);
      }
      const mine = shared;
      mine.followers += 1;
      // Whether its runner is still alive matters now.
      const leaveFeeds = deps.attend("reply");
      return {
        stream: mine.tail.stream,
        leave() {
          leaveFeeds();
          mine.followers -= 1;
          if (mine.followers > 0) return;
          mine.tail.leave();
          if (tails.get(id) === mine) tails.delete(id);
        },
      };
    },
  };
}
