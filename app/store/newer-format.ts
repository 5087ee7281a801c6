import { ExpectedError } from "~/conversation/expected-error";

/**
 * What a node says of a file that a node of a newer version wrote, and will read. The file stays as it is.
 * @param what begins the sentence: "This conversation"
 * @param reason for the operator; names the place in the file
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
