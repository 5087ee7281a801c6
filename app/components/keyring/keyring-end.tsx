import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ErrorNote } from "~/components/primitives/notices/error-note";
import type { KeyringDialogProps } from "./keyring-dialog";
import { useKeyringAttempt } from "./use-keyring-attempt";

type Props = KeyringDialogProps & { view: "forget" | "lost" | "delete" };

/** Asks before this browser leaves the keyring, another device is locked out, or the keyring is deleted. */
export function KeyringEnd({ app, view, onView, onClose }: Props) {
  const { t } = useTranslation();
  const { attempt, isBusy, problem } = useKeyringAttempt();
  const [clearsList, setClearsList] = useState(false);
  const [movesConversations, setMovesConversations] = useState(true);

  async function carryOut() {
    const isDone = await attempt(async () => {
      const keyring = await app.keyring.load();
      if (view === "forget") await keyring.forgetBrowser({ clearsList });
      else if (view === "lost") await keyring.forgetDevices({ movesConversations });
      else await keyring.deleteKeyring();
    });
    if (!isDone) return;
    // The new secret has no other way to it yet.
    if (view === "lost") onView("code");
    else onClose();
  }

  return (
    <>
      <p>{t(`keyring.${view}.explanation`)}</p>
      {view === "lost" && (
        <>
          <Choice
            label={t("keyring.lost.move")}
            isChosen={movesConversations}
            onChoose={setMovesConversations}
          />
          <p className="settings__hint">{t("keyring.lost.moveHint")}</p>
        </>
      )}
      {view === "forget" && (
        <Choice label={t("keyring.forget.clear")} isChosen={clearsList} onChoose={setClearsList} />
      )}
      <ErrorNote error={problem} />
      <div className="dialog__actions">
        <button type="button" className="button" onClick={() => onView("main")}>
          {t("dialog.cancel")}
        </button>
        <button
          type="button"
          className="button button--danger"
          aria-disabled={isBusy}
          onClick={() => void carryOut()}
        >
          {t(`keyring.${view}.confirm`)}
        </button>
      </div>
    </>
  );
}

type ChoiceProps = { label: string; isChosen: boolean; onChoose: (isChosen: boolean) => void };

function Choice({ label, isChosen, onChoose }: ChoiceProps) {
  return (
    <label className="plain__consent">
      <input type="checkbox" checked={isChosen} onChange={({ target }) => onChoose(target.checked)} />
      <span>{label}</span>
    </label>
  );
}
