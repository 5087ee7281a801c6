import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keyringProblem } from "./keyring-problem";

/** Something that is asked of the keyring: whether it is under way, and the sentence of the last failure. */
export function useKeyringAttempt() {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  /** Runs it, unless something is under way. @returns whether it has succeeded */
  async function attempt(act: () => Promise<void>): Promise<boolean> {
    if (isBusy) return false;
    setIsBusy(true);
    setProblem(null);
    try {
      await act();
      return true;
    } catch (error) {
      setProblem(keyringProblem(t, error));
      return false;
    } finally {
      setIsBusy(false);
    }
  }

  return { attempt, isBusy, problem };
}
