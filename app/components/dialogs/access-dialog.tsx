import { useId, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { AccessGate } from "~/browser/chat/access-gate";
import { userErrorOf } from "~/browser/chat/api-error";
import { sentenceFor, type UserError } from "~/i18n/user-error";
import { Countdown } from "~/components/primitives/countdown";
import { Dialog } from "~/components/primitives/overlays/dialog";

/** Asks for the access code. The page below keeps its unsent texts. */
export function AccessDialog({ gate }: { gate: AccessGate }) {
  const { t } = useTranslation();
  const [code, setCode] = useState("");
  const [isAsking, setIsAsking] = useState(false);
  const [problem, setProblem] = useState<UserError | null>(null);
  const field = useId();
  const errorId = useId();

  async function enter(event: FormEvent) {
    event.preventDefault();
    if (isAsking || code.trim() === "") return;
    setIsAsking(true);
    setProblem(null);
    try {
      // This dialog is unmounted when the gate opens.
      await gate.enter(code);
    } catch (error) {
      setProblem(userErrorOf(error));
      setIsAsking(false);
    }
  }

  return (
    <Dialog title={t("access.title")} onClose={null}>
      <p>{t("access.explanation")}</p>
      <form className="access" onSubmit={(event) => void enter(event)}>
        <label htmlFor={field}>{t("access.label")}</label>
        <input
          id={field}
          type="password"
          autoComplete="current-password"
          autoCapitalize="none"
          spellCheck={false}
          dir="ltr"
          value={code}
          aria-invalid={problem !== null}
          aria-describedby={problem ? errorId : undefined}
          onChange={(event) => setCode(event.target.value)}
          data-autofocus
        />
        {problem && (
          <p role="alert" className="trouble" id={errorId}>
            {sentenceFor(t, problem)}
          </p>
        )}
        <Countdown until={problem?.retryAt} />
        <button type="submit" className="button button--primary" aria-disabled={isAsking}>
          {t("access.enter")}
        </button>
      </form>
    </Dialog>
  );
}
