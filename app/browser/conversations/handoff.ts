import { MAX_TITLE_LENGTH } from "~/conversation/limits";
import type { ApiClient } from "~/browser/chat/api-client";
import type { PageClock } from "~/browser/page/page-clock";
import { isSessionId, type ConversationUpdate } from "./conversation-list";
import { createSeal } from "./seal";

/** Largest text to seal, in bytes: the limit of the server, less nonce and tag. */
const MAX_BYTES = 60_000;

/** Stands before the secret of a link that brings a keyring, so that the page can say so before it takes it. */
export const KEYRING_LINK = "list.";

export type Handoff = {
  /** The secret in the link. */
  secret: string;
  /** Milliseconds since 1970, by this device's clock. */
  expiresAt: number;
  /** Number of conversations in the box: the newest ones, if not all fit. Null if it opens the whole list. */
  count: number | null;
};

/** What another device has left: conversations, or the secret of its keyring, which brings all of them. */
export type Taken = { conversations: ConversationUpdate[]; keyringSecret: string | null };

type Sent = Pick<ConversationUpdate, "id" | "title" | "updatedAt" | "pinned" | "archived">;

/** Leaves a box of conversations for another device, sealed so that the server cannot read their ids. */
export async function leaveHandoff(
  { api, clock }: { api: Pick<ApiClient, "putHandoff">; clock: Pick<PageClock, "now"> },
  conversations: readonly Sent[],
  newId: () => string,
): Promise<Handoff> {
  const secret = newId();
  const seal = await createSeal(secret);
  const entries = asManyAsFit(conversations);
  const { expiresInSeconds } = await api.putHandoff(seal.id, seal.close(entries));
  return { secret, expiresAt: clock.now() + expiresInSeconds * 1_000, count: entries.length };
}

/** Leaves a box with the secret of a keyring, with which another device joins it. */
export async function leaveKeyring(
  { api, clock }: { api: Pick<ApiClient, "putHandoff">; clock: Pick<PageClock, "now"> },
  keyringSecret: string,
  newId: () => string,
): Promise<Handoff> {
  const secret = newId();
  const seal = await createSeal(secret);
  // A list, as versions without keyrings expect it: they find no conversation in it.
  const { expiresInSeconds } = await api.putHandoff(seal.id, seal.close([{ keyring: keyringSecret }]));
  return { secret, expiresAt: clock.now() + expiresInSeconds * 1_000, count: null };
}

/**
 * Takes what another device has left. This works only once.
 * @throws ApiError `handoff_gone`; SealError if the secret or the box is not valid
 */
export async function takeHandoff(
  { api, clock }: { api: Pick<ApiClient, "claimHandoff">; clock: Pick<PageClock, "now"> },
  secret: string,
): Promise<Taken> {
  const seal = await createSeal(secret);
  const { sealed } = await api.claimHandoff(seal.id);
  const opened = seal.open(sealed);
  const entries: unknown[] = Array.isArray(opened) ? opened : [];
  const [first] = entries;
  const { keyring } = Object(first) as Record<string, unknown>;
  return {
    conversations: entries.flatMap((entry) => toConversation(entry, clock.now())),
    keyringSecret: typeof keyring === "string" ? keyring : null,
  };
}

function asManyAsFit(conversations: readonly Sent[]): object[] {
  const entries: object[] = [];
  let bytes = 2;
  for (const { id, title, updatedAt, pinned, archived } of conversations) {
    const entry = { id, title, updatedAt, ...(pinned && { pinned }), ...(archived && { archived }) };
    bytes += new TextEncoder().encode(JSON.stringify(entry)).length + 1;
    if (bytes > MAX_BYTES) break;
    entries.push(entry);
  }
  return entries;
}

/** Another version of this application may have sealed the box, or somebody who plants conversations. */
function toConversation(entry: unknown, now: number): ConversationUpdate[] {
  if (typeof entry !== "object" || entry === null) return [];
  const { id, title, updatedAt, pinned, archived } = entry as Record<string, unknown>;
  if (!isSessionId(id)) return [];
  return [
    {
      id,
      title: typeof title === "string" ? title.slice(0, MAX_TITLE_LENGTH).toWellFormed() : "",
      updatedAt: typeof updatedAt === "string" ? dateUntil(updatedAt, now) : "",
      saved: true,
      ...(pinned === true && { pinned }),
      ...(archived === true && { archived }),
    },
  ];
}

/** The date in ISO 8601, at most `now`: what claims to be of the future would stay above all others. Empty for no date. */
function dateUntil(date: string, now: number): string {
  const time = Math.min(Date.parse(date), now);
  return Number.isNaN(time) ? "" : new Date(time).toISOString();
}
