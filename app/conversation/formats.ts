import type { Session } from "./session";

/** The oldest form of a session in a file, and what everything fits in that is not listed below. */
export const FIRST_FORMAT = 1;

type Holding = Pick<Session, "messages">;

/**
 * What came to sessions after the first format, each with the format that can hold it. A new field, kind of part, role,
 * value or larger limit is added here when it is added to the schema, with the next number: a build that does not know
 * it then takes the file for newer, not for damaged (app/store/FORMATS.md). 2 is taken: it is that of a sealed file.
 */
const ADDITIONS: readonly { format: number; isIn: (session: Holding) => boolean }[] = [
  {
    format: 3,
    isIn: ({ messages }) =>
      messages.some(({ role, metadata }) => role === "assistant" && "omissions" in metadata),
  },
];

/** The newest format that this build knows, sealed or not. */
export const NEWEST_FORMAT = 3;

/** The oldest format that can hold a session. */
export function formatFor(session: Holding): number {
  const needed = ADDITIONS.filter(({ isIn }) => isIn(session)).map(({ format }) => format);
  return Math.max(FIRST_FORMAT, ...needed);
}
