import { useState } from "react";
import { troubleOf } from "~/browser/chat/api-error";
import type { UserError } from "~/i18n/trouble";

/** For what a person asks of the server in a dialog: whether it is under way, and what went wrong the last time. */
export function useAttempt() {
  const [trouble, setTrouble] = useState<UserError | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  /** Does nothing while something is under way. */
  async function attempt(act: () => Promise<void>) {
    if (isBusy) return;
    setIsBusy(true);
    setTrouble(null);
    try {
      await act();
    } catch (error) {
      setTrouble(troubleOf(error));
    } finally {
      setIsBusy(false);
    }
  }

  return { attempt, isBusy, trouble, setTrouble };
}
