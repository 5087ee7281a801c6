import { useState } from "react";
import { userErrorOf } from "~/browser/chat/api-error";
import type { UserError } from "~/i18n/user-error";

/** For what a person asks of the server in a dialog: whether it is under way, and what went wrong the last time. */
export function useAttempt() {
  const [error, setError] = useState<UserError | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  /** Does nothing while something is under way. */
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
