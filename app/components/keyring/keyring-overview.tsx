import { useTranslation } from "react-i18next";
import type { Keyring, PasskeyEntry } from "~/browser/keyring/keyring";
import { saveBlob } from "~/browser/page/save-blob";
import { useObservable } from "~/browser/page/use-observable";
import { ErrorNote } from "~/components/primitives/notices/error-note";
import { formatDate } from "~/components/primitives/format-date";
import { IconButton } from "~/components/primitives/icon-button";
import { DocumentIcon, RetryIcon, WarningIcon } from "~/components/primitives/icons";
import { DeleteIcon, DeviceIcon, DownloadIcon, LeaveIcon } from "~/components/primitives/more-icons";
import { KeyIcon } from "./key-icon";
import type { KeyringDialogProps } from "./keyring-dialog";
import { KeyringStateLine } from "./keyring-state-line";
import { exportedList } from "./exported-list";
import { useKeyringAttempt } from "./use-keyring-attempt";

/** The state of the keyring, the ways to it, and the ways out. */
export function KeyringOverview({ app, passkeyProblem, onView, onMoveAll }: KeyringDialogProps) {
  const { t } = useTranslation();
  const state = useObservable(app.keyring);
  const { attempt, isBusy, problem } = useKeyringAttempt();
  const ask = (act: (keyring: Keyring) => Promise<void>) =>
    void attempt(async () => act(await app.keyring.load()));

  const saveList = () => {
    const { list, archived, folders } = app.conversations.getSnapshot();
    const text = exportedList([...list, ...archived], folders);
    saveBlob(new Blob([text], { type: "application/json" }), t("keyring.listFile"));
  };

  return (
    <div className="settings keyring">
      <KeyringStateLine state={state} />
      {state.wasRolledBack && (
        <p className="notice" role="alert">
          <WarningIcon />
          <span>{t("keyring.rolledBack")}</span>
          <button
            type="button"
            className="button button--quiet"
            onClick={() => ask((keyring) => Promise.resolve(keyring.dismissRollback()))}
          >
            {t("dialog.dismiss")}
          </button>
        </p>
      )}
      <ErrorNote error={problem} />
      <section className="settings__field">
        <h3 className="settings__heading">{t("keyring.ways")}</h3>
        <PasskeyList
          passkeys={state.passkeys}
          onRemove={(id) => ask((keyring) => keyring.removePasskey(id))}
        />
        {passkeyProblem !== null && (
          <p className="settings__hint">{t(`keyring.passkey.problem.${passkeyProblem}`)}</p>
        )}
        <div className="settings__actions">
          {passkeyProblem === null && (
            <>
              <Action
                label={t("keyring.passkey.add")}
                icon={<KeyIcon />}
                isDisabled={isBusy}
                onClick={() => ask((keyring) => keyring.addPasskey({ isNew: true }))}
              />
              <Action
                label={t("keyring.passkey.addExisting")}
                isDisabled={isBusy}
                onClick={() => ask((keyring) => keyring.addPasskey({ isNew: false }))}
              />
            </>
          )}
          <Action label={t("keyring.code.show")} icon={<DocumentIcon />} onClick={() => onView("code")} />
          <Action label={t("keyring.addDevice")} icon={<DeviceIcon />} onClick={onMoveAll} />
        </div>
      </section>
      <div className="settings__actions">
        <Action
          label={t("keyring.syncNow")}
          icon={<RetryIcon />}
          isDisabled={isBusy}
          onClick={() => ask((keyring) => keyring.syncNow())}
        />
        <Action label={t("keyring.exportList")} icon={<DownloadIcon />} onClick={saveList} />
      </div>
      <section className="settings__field">
        <h3 className="settings__heading">{t("keyring.ends")}</h3>
        <div className="settings__actions">
          <Action label={t("keyring.forget.title")} icon={<LeaveIcon />} onClick={() => onView("forget")} />
          <Action label={t("keyring.lost.title")} icon={<DeviceIcon />} onClick={() => onView("lost")} />
          <Action
            label={t("keyring.delete.title")}
            icon={<DeleteIcon />}
            className="settings__danger"
            onClick={() => onView("delete")}
          />
        </div>
      </section>
    </div>
  );
}

type PasskeyListProps = { passkeys: readonly PasskeyEntry[]; onRemove: (id: string) => void };

function PasskeyList({ passkeys, onRemove }: PasskeyListProps) {
  const { t, i18n } = useTranslation();
  if (passkeys.length === 0) return <p className="settings__hint">{t("keyring.passkey.none")}</p>;
  return (
    <ul className="presets">
      {passkeys.map(({ id, addedAt }) => {
        const name = t("keyring.passkey.entry", { date: formatDate(addedAt, i18n.language) });
        return (
          <li key={id} className="presets__item">
            <span className="presets__name">{name}</span>
            <IconButton
              label={t("keyring.passkey.remove", { name })}
              icon={<DeleteIcon />}
              onClick={() => onRemove(id)}
            />
          </li>
        );
      })}
    </ul>
  );
}

type ActionProps = {
  label: string;
  icon?: React.ReactNode;
  isDisabled?: boolean;
  className?: string;
  onClick: () => void;
};

function Action({ label, icon, isDisabled = false, className = "", onClick }: ActionProps) {
  return (
    <button
      type="button"
      className={`button ${className}`}
      aria-disabled={isDisabled}
      onClick={() => !isDisabled && onClick()}
    >
      {icon}
      <span>{label}</span>
    </button>
  );
}
