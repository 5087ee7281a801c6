import type { Reply } from "~/conversation/session/session";
import { journalName } from "~/store/documents/layout";
import { createJournalReaderOf } from "~/replies/journals/journal-reader";
import type { EncryptionKeys } from "~/store/encryption/encryption-keys";
import { readIfNewer } from "~/replies/read-if-newer";
import { createOwnershipGuard } from "~/replies/reply-guard";
import type { ReplyStream } from "./reply-stream";
import type { RunnerDependencies } from "~/replies/run-context";
import { followLog } from "~/replies/log/follow-log";
import { tailJournal, type Tail } from "~/replies/journals/tail-journal";

/** Interval of polls of a journal, which a node of an earlier version writes, in milliseconds. */
const POLL_MS = 60;

export type RemoteReplies = {
  /** The stream of a reply that another node runs. All its followers on this node share one. */
  follow(sessionHash: string, rev: number, reply: Reply): { stream: ReplyStream; leave: () => void };
};

export function createRemoteReplies(
  deps: RunnerDependencies & {
    isOrphaned: (reply: Reply) => boolean;
    attend: (interest: "reply") => () => void;
    keys: Pick<EncryptionKeys, "keep">;
  },
): RemoteReplies {
  const tails = new Map<string, { tail: Tail; followers: number }>();

  function open(sessionHash: string, rev: number, reply: Reply): Tail {
    const guard = createOwnershipGuard(
      reply,
      () => rev,
      (known) => readIfNewer(deps, sessionHash, known),
    );
    const isOrphaned = () => deps.isOrphaned(reply);
    if (reply.runners && reply.node !== null) {
      return followLog({
        readers: deps.logs,
        encryptor: deps.encryptor,
        reply: { sessionHash, replyId: reply.id, epoch: reply.epoch },
        instance: reply.node,
        rev,
        guard,
        isOrphaned,
        onFailure: (error) => deps.log.warn({ reply: reply.id, err: error }, "a reply could not be followed"),
        // A check may be under way when the last follower leaves: it still needs the key.
        onEnd: deps.keys.keep(sessionHash),
      });
    }
    return tailJournal({
      guard,
      name: journalName(reply.id, reply.epoch),
      reader: createJournalReaderOf(sessionHash, reply, deps),
      isOrphaned,
      delay: deps.delay,
      pollMs: POLL_MS,
      onFailure: (error) => deps.log.warn({ reply: reply.id, err: error }, "a journal could not be followed"),
      // A poll may be under way when the last follower leaves: it still needs the key.
      onEnd: deps.keys.keep(sessionHash),
    });
  }

  return {
    follow(sessionHash, rev, reply) {
      const id = `${sessionHash}/${journalName(reply.id, reply.epoch)}`;
      let shared = tails.get(id);
      // The followers of a tail that has ended were sent its end: a new follower opens its own.
      if (!shared || shared.tail.stream.ended()) {
        shared = { tail: open(sessionHash, rev, reply), followers: 0 };
        tails.set(id, shared);
      }
      const mine = shared;
      mine.followers += 1;
      // A follower needs to learn soon if the runner dies.
      const stopAttending = deps.attend("reply");
      return {
        stream: mine.tail.stream,
        leave() {
          stopAttending();
          mine.followers -= 1;
          if (mine.followers > 0) return;
          mine.tail.leave();
          if (tails.get(id) === mine) tails.delete(id);
        },
      };
    },
  };
}
