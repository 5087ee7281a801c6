import { ExpectedError } from "~/conversation/expected-error";
import { errorCode, isFull, isReadOnly } from "./errno";

/** The action that failed, by a person or by the node itself: the error's text names its consequence. */
export type Asked = keyof typeof REFUSALS;

/** `failed` is a sentence. `inDoubt` ends "did not confirm that …", and says how to repeat the action. */
const REFUSALS = {
  read: {
    failed: "Nothing saved is lost. Try again soon.",
    inDoubt: "it was read. Try again.",
  },
  send: {
    failed: "Your message was not sent. Nothing saved before is lost.",
    inDoubt: "your message was saved. Send it again: it will not be there twice.",
  },
  rename: {
    failed: "The conversation could not be renamed. Nothing saved is lost.",
    inDoubt: "the conversation was renamed. Rename it again.",
  },
  settings: {
    failed: "The settings of the conversation could not be saved. Nothing saved is lost.",
    inDoubt: "the settings were saved. Save them again.",
  },
  version: {
    failed: "The version that is shown could not be changed. Nothing saved is lost.",
    inDoubt: "another version is shown. Choose it again.",
  },
  queue: {
    failed: "The waiting messages were not changed; nothing that was saved is lost.",
    inDoubt: "the waiting messages were changed. Do it again.",
  },
  delete: {
    failed: "The conversation could not be deleted. Try again soon.",
    inDoubt: "the conversation was deleted. Delete it again.",
  },
  stop: {
    failed: "The answer could not be stopped. Try again soon.",
    inDoubt: "the answer was stopped. Stop it again.",
  },
  decide: {
    failed: "Your decision was not saved. Try again soon.",
    inDoubt: "your decision was saved. Decide again: the tool will not run twice.",
  },
  fork: {
    failed: "The conversation could not be copied. Nothing saved is lost.",
    inDoubt: "the conversation was copied. Try again: it will not be there twice.",
  },
  move: {
    failed: "The conversation was not moved. Nothing saved is lost.",
    inDoubt: "the conversation was moved. Try again: it will not be there twice.",
  },
  import: {
    failed: "The conversation could not be imported.",
    inDoubt: "the conversation was imported. Import it again: it will not be there twice.",
  },
  share: {
    failed: "The link was not created. Try again soon.",
    inDoubt: "the link was created. Try again: there will not be two.",
  },
  unshare: {
    failed: "The link could not be revoked. Try again soon.",
    inDoubt: "the link was revoked. Revoke it again.",
  },
  keyring: {
    failed: "Your list of conversations was not changed on the server; this browser still has it.",
    inDoubt: "your list of conversations was changed. Do it again: nothing will be there twice.",
  },
  reply: {
    failed: "The answer is not stored yet.",
    inDoubt: "the answer was stored.",
  },
} as const;

export const failedSentence = (asked: Asked): string => REFUSALS[asked].failed;

/** An error after which it is not known whether the change was stored. Repeating the action is harmless. */
export function unconfirmed(asked: Asked = "reply", cause?: unknown): ExpectedError {
  return new ExpectedError(
    "volume_unavailable",
    `Conversation storage did not confirm that ${REFUSALS[asked].inDoubt}`,
    { cause },
  );
}

/**
 * Runs work on the volume and maps all errors of the file system to one user error.
 * @param what how the work uses the volume, for the text of the error
 * @param consequence a sentence about the effect on the person's action
 * @throws ExpectedError `volume_unavailable`; errors that are not the file system's are rethrown as they are
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
    // Codes such as ERR_INVALID_ARG_TYPE come from Node and mean a bug; the system's codes do not begin with ERR_.
    if (code === undefined || code.startsWith("ERR_")) throw error;
    throw new ExpectedError("volume_unavailable", `${reason(error, what)} ${consequence}`, { cause: error });
  }
}

function reason(error: unknown, what: "read" | "written"): string {
  if (isFull(error)) return "Conversation storage is full.";
  if (isReadOnly(error)) return `Conversation storage may not be ${what}.`;
  return "Conversation storage failed.";
}
