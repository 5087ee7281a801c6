import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Keyring } from "~/browser/keyring/keyring";
import { ErrorNote } from "~/components/primitives/notices/error-note";
import { CodeField } from "./code-field";
import { KeyIcon } from "./key-icon";
import type { KeyringDialogProps } from "./keyring-dialog";
import { useKeyringAttempt } from "./use-keyring-attempt";

/** Adds this browser to the keyring of another device, with a passkey or a recovery code. */
export function JoinKeyring({ app, passkeyProblem, onClose }: KeyringDialogProps) {
  const { t } = useTranslation();
  const { attempt, isBusy, problem } = useKeyringAttempt();
  const [typed, setTyped] = useState("");

  async function join(act: (keyring: Keyring) => Promise<void>) {
    const isJoined = await attempt(async () => act(await app.keyring.load()));
    if (!isJoined) return;
    app.toasts.info((translate) => translate("keyring.join.done"));
    onClose();
  }

  function joinWithCode(event: FormEvent) {
    event.preventDefault();
    void join((keyring) => keyring.join(typed));
  }

  return (
    <>
      <p>{t("keyring.join.explanation")}</p>
      {passkeyProblem === null && (
        <button
          type="button"
          className="button button--primary dialog__main"
          aria-disabled={isBusy}
          onClick={() => void join((keyring) => keyring.joinWithPasskey())}
        >
          <KeyIcon />
          <span>{t("keyring.join.withPasskey")}</span>
        </button>
      )}
      {passkeyProblem !== null && <p>{t(`keyring.passkey.problem.${passkeyProblem}`)}</p>}
      <form className="keyring__form" onSubmit={joinWithCode}>
        <CodeField value={typed} takesFocus={passkeyProblem !== null} onChange={setTyped} />
        <ErrorNote error={problem} />
        <button type="submit" className="button dialog__main" aria-disabled={isBusy}>
          {t("keyring.join.withCode")}
        </button>
      </form>
      <p>{t("keyring.join.byQr")}</p>
    </>
  );
}
