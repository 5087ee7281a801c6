import { ExpectedError } from "~/conversation/expected-error";

/**
 * The error for a file that a node of a newer version has written. The file stays as it is.
 * @param what subject of the sentence for people: "This conversation"
 * @param reason for the operator's log; names the place in the file
 */
export function newerFormat(what: string, reason: string): ExpectedError {
  return new ExpectedError(
    "session_newer_format",
    `${what} was written by a newer version of the application. Try again when the update is complete.`,
    { cause: new Error(reason) },
  );
}

export function isNewerFormat(error: unknown): error is ExpectedError {
  return ExpectedError.isInstance(error) && error.code === "session_newer_format";
}
