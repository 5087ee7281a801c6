import type { Session } from "./session";

/** The oldest format of a session. It holds everything that is not among `ADDITIONS`. */
export const FIRST_FORMAT = 1;

type Holding = Pick<Session, "settings" | "messages" | "reply">;

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
];

/** The newest format that this version knows, encrypted or not. */
export const NEWEST_FORMAT = 5;

/** The oldest format that can hold a session. */
export function formatFor(session: Holding): number {
  const needed = ADDITIONS.filter(({ isIn }) => isIn(session)).map(({ format }) => format);
  return Math.max(FIRST_FORMAT, ...needed);
}
