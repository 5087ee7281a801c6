import type { Session } from "./session";

/** The oldest format of a session. It holds everything that is not among `ADDITIONS`. */
export const FIRST_FORMAT = 1;

type Holding = Pick<Session, "messages" | "reply" | "partial" | "queue" | "settings" | "notes">;

/**
 * Additions to sessions since the first format, each with the first format that can hold it. A new field, kind of part,
 * role, value or larger limit is added here when it is added to the schema, with the next number: older versions then
 * take the file for newer, not for damaged (app/store/FORMATS.md). Format 2 is that of an encrypted file.
 */
const ADDITIONS: readonly { format: number; isIn: (session: Holding) => boolean }[] = [
  {
    format: 3,
    isIn: ({ messages }) =>
      messages.some(({ role, metadata }) => role === "assistant" && "omissions" in metadata),
  },
  // A version that looks for the words of a running reply in journals must not take it over.
  { format: 4, isIn: ({ reply }) => reply?.runners !== undefined },
  {
    format: 5,
    isIn: ({ settings, messages }) =>
      settings.effort !== undefined ||
      messages.some(
        ({ role, metadata }) =>
          role === "assistant" && ("reasoningMs" in metadata || metadata.error?.detail !== undefined),
      ),
  },
  // A version without tools must neither take over a reply that may have claimed calls, nor settle one that waits.
  {
    format: 6,
    isIn: ({ messages, partial, settings, notes }) =>
      partial !== undefined ||
      notes !== undefined ||
      settings.tools !== undefined ||
      messages.some((message) => partsFormat(message) >= 6),
  },
  // A version without a queue must not settle the reply: it would not send the next message.
  { format: 7, isIn: ({ queue }) => queue !== undefined },
  {
    format: 8,
    isIn: ({ messages, partial }) =>
      (partial?.parts ?? []).some(isRedacted) || messages.some((message) => partsFormat(message) >= 8),
  },
];

/** The newest format that this version knows, encrypted or not. */
export const NEWEST_FORMAT = 8;

/** The oldest format that can hold a session. */
export function formatFor(session: Holding): number {
  const needed = ADDITIONS.filter(({ isIn }) => isIn(session)).map(({ format }) => format);
  return Math.max(FIRST_FORMAT, ...needed);
}

type SomePart = { type: string };

/** Cache: consecutive revisions of a session share their messages. */
const partsFormats = new WeakMap<Holding["messages"][number], number>();

/** The format that the parts of a message need. */
function partsFormat(message: Holding["messages"][number]): number {
  let format = partsFormats.get(message);
  if (format === undefined) {
    const parts: readonly SomePart[] = message.parts;
    format = parts.some(isRedacted) ? 8 : parts.some(isOfTools) ? 6 : FIRST_FORMAT;
    partsFormats.set(message, format);
  }
  return format;
}

const isOfTools = (part: SomePart) => !OLD_PARTS.has(part.type) || "signature" in part;
const isRedacted = (part: SomePart) => "redacted" in part;

/** Kinds of parts of the first format. */
const OLD_PARTS: ReadonlySet<string> = new Set(["text", "reasoning", "file"]);
