import { ExpectedError } from "~/conversation/expected-error";
import { errorCode } from "./volume";

/**
 * Runs what works on the volume. Everything that the file system may answer and no caller can mend is one failure
 * to people. `consequence` is a sentence that says what it means for what they did.
 * @throws ExpectedError `volume_unavailable`, and what is no failure of the file system as it is
 */
export async function onVolume<T>(
  work: () => Promise<T>,
  what: "read" | "written",
  consequence: string,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = ExpectedError.isInstance(error) ? undefined : errorCode(error);
    // Errors of the system have a number; those that Node makes itself, such as ERR_INVALID_ARG_TYPE, are bugs.
    if (code === undefined || code.startsWith("ERR_")) throw error;
    throw new ExpectedError("volume_unavailable", `${reason(code, what)} ${consequence}`, { cause: error });
  }
}

function reason(code: string, what: "read" | "written"): string {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return "The storage for conversations is full.";
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return `The storage for conversations may not be ${what}.`;
    default:
      return "The storage for conversations has a fault.";
  }
}
