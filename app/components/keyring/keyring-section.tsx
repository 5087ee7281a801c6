import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useObservable } from "~/browser/page/use-observable";
import { ErrorNote } from "~/components/primitives/notices/error-note";
import { DeviceIcon } from "~/components/primitives/more-icons";
import { KeyIcon } from "./key-icon";
import { keyringProblem } from "./keyring-problem";
import { KeyringDialog, type KeyringDialogProps, type KeyringView } from "./keyring-dialog";
import { KeyringStateLine } from "./keyring-state-line";
import { useKeyringAttempt } from "./use-keyring-attempt";

type Props = Pick<KeyringDialogProps, "app" | "passkeyProblem" | "onMoveAll">;

/** The section of the settings with which the list of conversations is kept on all devices, turned on in one step. */
export function KeyringSection({ app, passkeyProblem, onMoveAll }: Props) {
  const { t } = useTranslation();
  const state = useObservable(app.keyring);
  const [view, setView] = useState<KeyringView | null>(null);
  const [notice, setNotice] = useState<string | null>(null);
  const { attempt, isBusy, problem } = useKeyringAttempt();
  const isOff = state.phase === "off";

  const turnOnWithPasskey = () =>
    attempt(async () => {
      const keyring = await app.keyring.load();
      await keyring.turnOn();
      try {
        await keyring.addPasskey({ isNew: true });
      } catch (error) {
        // The list is stored by now, and must have some way to it.
        setNotice(keyringProblem(t, error));
        setView("code");
      }
    });

  const turnOnWithCode = () =>
    attempt(async () => {
      await (await app.keyring.load()).turnOn();
      setNotice(null);
      setView("code");
    });

  return (
    <fieldset className="settings__field">
      <legend>{t("keyring.title")}</legend>
      {isOff ? (
        <p className="settings__hint">{t("keyring.offExplanation")}</p>
      ) : (
        <KeyringStateLine state={state} />
      )}
      <ErrorNote error={problem} />
      {isOff ? (
        <WaysToTurnOn
          {...{ passkeyProblem, isBusy }}
          onPasskey={() => void turnOnWithPasskey()}
          onCode={() => void turnOnWithCode()}
          onJoin={() => setView("join")}
        />
      ) : (
        <div className="settings__actions">
          <button type="button" className="button" onClick={() => setView("main")}>
            <KeyIcon />
            <span>{t("keyring.manage")}</span>
          </button>
          <button type="button" className="button" onClick={onMoveAll}>
            <DeviceIcon />
            <span>{t("keyring.addDevice")}</span>
          </button>
        </div>
      )}
      {view !== null && (
        <KeyringDialog
          {...{ app, view, passkeyProblem, notice, onMoveAll }}
          onView={setView}
          onClose={() => setView(null)}
        />
      )}
    </fieldset>
  );
}

type WaysProps = Pick<Props, "passkeyProblem"> & {
  isBusy: boolean;
  onPasskey: () => void;
  onCode: () => void;
  onJoin: () => void;
};

function WaysToTurnOn({ passkeyProblem, isBusy, onPasskey, onCode, onJoin }: WaysProps) {
  const { t } = useTranslation();
  return (
    <>
      <div className="settings__actions">
        {passkeyProblem === null && (
          <button type="button" className="button button--primary" aria-disabled={isBusy} onClick={onPasskey}>
            <KeyIcon />
            <span>{t("keyring.turnOn")}</span>
          </button>
        )}
        <button
          type="button"
          className={`button ${passkeyProblem !== null ? "button--primary" : ""}`}
          aria-disabled={isBusy}
          onClick={onCode}
        >
          {t("keyring.turnOnWithCode")}
        </button>
        <button type="button" className="button" onClick={onJoin}>
          <DeviceIcon />
          <span>{t("keyring.join.open")}</span>
        </button>
      </div>
      {passkeyProblem !== null && (
        <p className="settings__hint">{t(`keyring.passkey.problem.${passkeyProblem}`)}</p>
      )}
    </>
  );
}
