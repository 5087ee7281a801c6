import { createHash } from "node:crypto";
import { setNewest } from "~/set-newest";

/**
 * The addresses that replies were begun for: a node that takes a reply over charges its cost to that address. Owners
 * are written to usage files as one more kind of subject that a node holds, which builds that do not know it ignore.
 */
export type ReplyOwners = {
  /** The subject that encodes reply and owner, to be held while the reply runs. */
  subjectFor(replyId: string, address: string): string;
  /** Records the owner in a subject that some node holds; ignores subjects of other kinds. */
  note(subject: string): void;
  /** Null where it is not known. */
  ownerOf(replyId: string): string | null;
};

const SUBJECT = /^reply:([0-9a-f]{12}):(.{1,60})$/;
/** More replies than run at once on all nodes; beyond it the oldest are forgotten. */
const MAX_KNOWN = 20_000;

export function createReplyOwners(): ReplyOwners {
  const owners = new Map<string, string>();
  const digestOf = (replyId: string) => createHash("sha256").update(replyId).digest("hex").slice(0, 12);
  return {
    subjectFor: (replyId, address) => `reply:${digestOf(replyId)}:${address}`,
    note(subject) {
      const [, digest, address] = SUBJECT.exec(subject) ?? [];
      if (digest === undefined || address === undefined) return;
      setNewest(owners, digest, address, MAX_KNOWN);
    },
    ownerOf: (replyId) => owners.get(digestOf(replyId)) ?? null,
  };
}
