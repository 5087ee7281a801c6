import { createHash } from "node:crypto";

/**
 * For which address each reply was begun, so that another node that goes on with it can charge that. It travels in
 * usage files as one more subject that a node holds: a build that does not know it passes it over.
 */
export type ReplyOwners = {
  /** The subject that says so, to be held while the reply runs. */
  subjectFor(replyId: string, address: string): string;
  /** Takes in what a node holds; what is no such subject is passed over. */
  note(subject: string): void;
  /** Null where it is not known. */
  ownerOf(replyId: string): string | null;
};

const SUBJECT = /^reply:([0-9a-f]{12}):(.{1,60})$/;
/** More replies than run in a fleet at once; the oldest go first. */
const MAX_KNOWN = 20_000;

export function createReplyOwners(): ReplyOwners {
  const owners = new Map<string, string>();
  const digestOf = (replyId: string) => createHash("sha256").update(replyId).digest("hex").slice(0, 12);
  return {
    subjectFor: (replyId, address) => `reply:${digestOf(replyId)}:${address}`,
    note(subject) {
      const [, digest, address] = SUBJECT.exec(subject) ?? [];
      if (digest === undefined || address === undefined) return;
      owners.delete(digest);
      owners.set(digest, address);
      if (owners.size > MAX_KNOWN) owners.delete(owners.keys().next().value!);
    },
    ownerOf: (replyId) => owners.get(digestOf(replyId)) ?? null,
  };
}
