import { useState } from "react";
import { userErrorOf } from "~/browser/chat/api-error";
import type { UserError } from "~/i18n/user-error";

/** A request to the server from a dialog: whether it is under way, and the error of the last attempt. */
export function useAttempt() {
  const [error, setError] = useState<UserError | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  /** Runs a request, unless one is under way. */
  async function attempt(act: () => Promise<void>) {
    if (isBusy) return;
    setIsBusy(true);
    setError(null);
    try {
      await act();
    } catch (error) {
      setError(userErrorOf(error));
    } finally {
      setIsBusy(false);
    }
  }

  return { attempt, isBusy, error, setError };
}
