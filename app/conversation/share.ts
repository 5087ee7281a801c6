import { z } from "zod";
import { attachmentParts } from "./attachment";
import { branchTo } from "./branch";
import { ExpectedError } from "./expected-error";
import { messageText } from "./answer-text";
import { itemId, MAX_SHARES, session, type Message, type Session, type Share } from "./session";

const sharedMessage = z.strictObject({
  id: itemId,
  role: z.enum(["user", "assistant"]),
  /** Markdown. */
  text: z.string(),
  /** Names of the attachments; their bytes are not shared. */
  attachments: z.array(z.string()),
  createdAt: session.shape.createdAt,
  modelId: z.string().optional(),
});

/** The content behind a link: the branch that was shown when the link was made. */
export const shareSnapshot = z.strictObject({
  title: session.shape.title,
  createdAt: session.shape.createdAt,
  messages: z.array(sharedMessage),
});

export type SharedMessage = z.infer<typeof sharedMessage>;
export type ShareSnapshot = z.infer<typeof shareSnapshot>;

export function snapshotOf(
  { title, messages, head }: Pick<Session, "title" | "messages" | "head">,
  now: string,
): ShareSnapshot {
  return {
    title,
    createdAt: now,
    messages: branchTo(messages, head)
      .map(sharedFrom)
      // Leaves out answers that failed before their first text.
      .filter(({ text, attachments }) => text !== "" || attachments.length > 0),
  };
}

function sharedFrom(message: Message): SharedMessage {
  const { id, role, parts, metadata } = message;
  return {
    id,
    role,
    text: messageText(message),
    attachments: attachmentParts(parts).map(({ filename }) => filename),
    createdAt: metadata.createdAt,
    ...(message.role === "assistant" && { modelId: message.metadata.modelId }),
  };
}

/**
 * Adds a link. Returns the same session where it has the link already.
 * @throws ExpectedError `shares_full`
 */
export function addShare(session: Session, share: Share): Session {
  const { shares = [] } = session;
  if (shares.some(({ key }) => key === share.key)) return session;
  if (shares.length >= MAX_SHARES) {
    throw new ExpectedError(
      "shares_full",
      `This conversation has ${String(MAX_SHARES)} links. Revoke one before you create another.`,
    );
  }
  return { ...session, shares: [...shares, share] };
}

/** Removes a link. Returns the same session where it has no such link. */
export function removeShare(session: Session, key: string): Session {
  const shares = session.shares?.filter((share) => share.key !== key) ?? [];
  if (shares.length === (session.shares?.length ?? 0)) return session;
  const { shares: _, ...rest } = session;
  return shares.length > 0 ? { ...rest, shares } : rest;
}
