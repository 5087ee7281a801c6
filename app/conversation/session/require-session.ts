import { ExpectedError } from "~/conversation/expected-error";

/** A session, or a record of one, that was looked up. @throws ExpectedError `session_not_found` */
export function requireSession<T>(found: T | null): T {
  if (found !== null) return found;
  throw sessionNotFound();
}

export function sessionNotFound(): ExpectedError {
  return new ExpectedError("session_not_found", "This conversation does not exist or was deleted.");
}
