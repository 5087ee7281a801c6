import { z } from "zod";
import { attachmentParts } from "./attachment";
import { branchTo } from "~/conversation/session/branch";
import { ExpectedError } from "~/conversation/expected-error";
import { toolParts } from "~/conversation/calls/fold-calls";
import { toolState } from "~/conversation/calls/tool-part";
import { sourcesIn } from "~/conversation/sources";
import { messageText } from "~/conversation/reply/answer-text";
import {
  itemId,
  MAX_SHARES,
  session,
  type Message,
  type Session,
  type Share,
} from "~/conversation/session/session";

const sharedMessage = z.strictObject({
  id: itemId,
  role: z.enum(["user", "assistant"]),
  /** Markdown. */
  text: z.string(),
  /** Names of the attachments; their bytes are not shared. */
  attachments: z.array(z.string()),
  createdAt: session.shape.createdAt,
  modelId: z.string().optional(),
  /** Calls of tools. Without `input` where the person has not chosen to share the arguments. */
  calls: z
    .array(z.strictObject({ toolName: z.string(), state: toolState, input: z.unknown().optional() }))
    .optional(),
  sources: z.array(z.strictObject({ url: z.string(), title: z.string().optional() })).optional(),
});

/** The content behind a link: the branch that was shown when the link was made. */
export const shareSnapshot = z.strictObject({
  title: session.shape.title,
  createdAt: session.shape.createdAt,
  messages: z.array(sharedMessage),
});

/** What a person chooses when sharing. */
export type ShareOptions = {
  /** Whether the arguments of tools are shared: they may hold what was never said. Results are not shared. */
  withArguments?: boolean | undefined;
};

export type SharedMessage = z.infer<typeof sharedMessage>;
export type ShareSnapshot = z.infer<typeof shareSnapshot>;

export function snapshotOf(
  { title, messages, head }: Pick<Session, "title" | "messages" | "head">,
  now: string,
  options: ShareOptions = {},
): ShareSnapshot {
  return {
    title,
    createdAt: now,
    messages: branchTo(messages, head)
      .map((message) => sharedFrom(message, options))
      // Leaves out answers that failed before their first text.
      .filter(({ text, attachments, calls }) => text !== "" || attachments.length > 0 || calls),
  };
}

function sharedFrom(message: Message, { withArguments = false }: ShareOptions): SharedMessage {
  const { id, role, parts, metadata } = message;
  const said = message.role === "assistant" ? message.parts : [];
  const sources = sourcesIn(said);
  const calls = toolParts(said).map(({ toolName, state, input }) => ({
    toolName,
    state,
    ...(withArguments && { input }),
  }));
  return {
    id,
    role,
    text: messageText(message),
    attachments: attachmentParts(parts).map(({ filename }) => filename),
    createdAt: metadata.createdAt,
    ...(message.role === "assistant" && { modelId: message.metadata.modelId }),
    ...(calls.length > 0 && { calls }),
    ...(sources.length > 0 && { sources }),
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
