import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { KeyringState } from "~/browser/keyring/keyring";
import { useToday } from "~/components/hooks/use-today";
import { formatMoment } from "~/components/primitives/format-date";
import { RetryIcon, WarningIcon } from "~/components/primitives/icons";
import { CheckIcon } from "~/components/primitives/more-icons";

/** Whether the list of this browser is in sync with that of the other devices. Read out when it changes. */
export function KeyringStateLine({ state }: { state: KeyringState }) {
  const { t, i18n } = useTranslation();
  const today = useToday();
  const { phase, syncedAt, toMove } = state;
  const isTroubled = !["on", "syncing"].includes(phase);
  const Icon = phase === "on" ? CheckIcon : phase === "syncing" ? RetryIcon : WarningIcon;
  const moment = syncedAt === null ? null : new Date(syncedAt).toISOString();
  return (
    <>
      <p className={`keyring__state ${isTroubled ? "keyring__state--troubled" : ""}`} role="status">
        <Icon />
        <span>
          <span>{keyringStateSentence(t, state)}</span>
          {moment !== null && today && (phase === "on" || phase === "offline") && (
            <span className="keyring__moment">
              {` ${t("keyring.syncedAt", { moment: formatMoment(moment, i18n.language, today) })}`}
            </span>
          )}
        </span>
      </p>
      {toMove > 0 && (
        <p className="keyring__state" role="status">
          <RetryIcon />
          <span>{t("keyring.moving", { left: toMove })}</span>
        </p>
      )}
    </>
  );
}

export function keyringStateSentence(t: TFunction, { phase, isWaiting }: KeyringState): string {
  return phase === "offline" && isWaiting ? t("keyring.state.offlineWaiting") : t(`keyring.state.${phase}`);
}
