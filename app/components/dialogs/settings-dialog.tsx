import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { PasskeyProblem } from "~/browser/keyring/keyring";
import { findPasskeyProblem } from "~/browser/keyring/sealing/webauthn.client";
import { canNotify, mayNotify } from "~/browser/page/reply-notification";
import { TEXT_SIZES, THEMES, type PreferencesStore } from "~/browser/storage/preferences";
import { useObservable } from "~/browser/page/use-observable";
import { LANGUAGE_CODES, languageTag, LANGUAGES } from "~/i18n/languages";
import { Dialog } from "~/components/primitives/overlays/dialog";
import { Select } from "~/components/primitives/select/select";
import { enterSendsHere } from "~/components/composer/focus-composer";
import { PresetIcon } from "~/components/primitives/icons";
import {
  DeleteIcon,
  DeviceIcon,
  DownloadIcon,
  KeyboardIcon,
  LeaveIcon,
} from "~/components/primitives/more-icons";
import { NodeAndSession } from "~/components/conversations/node-and-session";
import { KeyringSection } from "~/components/keyring/keyring-section";
import { PresetsDialog } from "./presets-dialog";
import { ImportButton } from "~/components/sidebar/import-button";

type Props = {
  app: ChatApp;
  onShowShortcuts: () => void;
  onMoveAll: () => void;
  onImport: (files: readonly File[]) => void;
  onExportAll: () => void;
  onDeleteAll: () => void;
  onClose: () => void;
  onFailed: (error: unknown) => void;
};

/** The dialog for this browser. Waits for what decides what it shows, so that nothing moves once it is open. */
export async function createSettingsDialog() {
  const passkeyProblem = await findPasskeyProblem(window);
  return function SettingsOfBrowser(props: Props) {
    return <SettingsDialog {...props} passkeyProblem={passkeyProblem} />;
  };
}

/** The preferences of this browser. Changes apply, and are stored, at once. */
function SettingsDialog(props: Props & { passkeyProblem: PasskeyProblem | null }) {
  const { app, passkeyProblem, onShowShortcuts, onClose, onFailed } = props;
  const { t, i18n } = useTranslation();
  const { preferences } = app;
  const languageNames = new Intl.DisplayNames([i18n.language, "en"], { type: "language" });
  const { language, theme, textSize, enterSends: chosenEnter } = useObservable(preferences);
  const { opensReasoning } = useObservable(preferences);
  const enterSends = chosenEnter ?? enterSendsHere();

  async function leave() {
    try {
      await app.access.leave();
    } catch (error) {
      app.toasts.failure((t, why) => t("access.notLeft", { why }), error);
    }
  }

  return (
    <Dialog title={t("settings.title")} onClose={onClose}>
      <div className="settings">
        <KeyringSection {...{ app, passkeyProblem }} onMoveAll={props.onMoveAll} />
        <Select
          label={t("settings.language")}
          isLabelled
          value={language ?? ""}
          options={[
            { value: "" as const, label: t("settings.languageOfBrowser") },
            ...LANGUAGE_CODES.map((code) => ({
              value: code,
              label: LANGUAGES[code].name,
              lang: languageTag(code),
              keywords: languageNames.of(code),
            })),
          ]}
          onChange={(chosen) => preferences.change({ language: chosen === "" ? null : chosen })}
          onFailed={onFailed}
        />
        <Choice
          label={t("settings.theme")}
          value={theme}
          options={THEMES.map((value) => ({ value, label: t(`settings.themes.${value}`) }))}
          onChoose={(chosen) => preferences.change({ theme: chosen })}
        />
        <Choice
          label={t("settings.textSize")}
          value={textSize}
          options={TEXT_SIZES.map((value) => ({ value, label: t(`settings.textSizes.${value}`) }))}
          onChoose={(chosen) => preferences.change({ textSize: chosen })}
        />
        <Choice
          label={t("settings.enter")}
          value={enterSends ? "sends" : "breaks"}
          options={[
            { value: "sends", label: t("settings.enterSends") },
            { value: "breaks", label: t("settings.enterBreaks") },
          ]}
          hint={enterSends ? t("settings.enterSendsHint") : t("settings.enterBreaksHint")}
          onChoose={(chosen) => preferences.change({ enterSends: chosen === "sends" })}
        />
        <Choice
          label={t("settings.reasoning")}
          value={opensReasoning ? "open" : "folded"}
          options={[
            { value: "folded", label: t("settings.reasoningFolded") },
            { value: "open", label: t("settings.reasoningOpen") },
          ]}
          onChoose={(chosen) => preferences.change({ opensReasoning: chosen === "open" })}
        />
        <NewTabChoice preferences={preferences} />
        {canNotify() && <NotificationChoice preferences={preferences} />}
        <Transfers {...props} />
        <PresetsButton {...{ app, onFailed }} />
        <button type="button" className="button button--quiet button--wide" onClick={onShowShortcuts}>
          <KeyboardIcon />
          <span>{t("shortcuts.title")}</span>
        </button>
        {app.access.hasCode && (
          <button type="button" className="button button--quiet button--wide" onClick={() => void leave()}>
            <LeaveIcon />
            <span>{t("access.leave")}</span>
          </button>
        )}
        {!app.showsNodes && (
          <p className="settings__node">
            <NodeAndSession app={app} />
          </p>
        )}
      </div>
    </Dialog>
  );
}

function PresetsButton({ app, onFailed }: Pick<Props, "app" | "onFailed">) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button type="button" className="button button--quiet button--wide" onClick={() => setIsOpen(true)}>
        <PresetIcon />
        <span>{t("presets.title")}</span>
      </button>
      {isOpen && <PresetsDialog {...{ app, onFailed }} onClose={() => setIsOpen(false)} />}
    </>
  );
}

function NewTabChoice({ preferences }: { preferences: PreferencesStore }) {
  const { t } = useTranslation();
  const { opensLast } = useObservable(preferences);
  return (
    <Choice
      label={t("settings.newTab")}
      value={opensLast ? "last" : "new"}
      options={[
        { value: "new", label: t("settings.newTabNew") },
        { value: "last", label: t("settings.newTabLast") },
      ]}
      onChoose={(chosen) => preferences.change({ opensLast: chosen === "last" })}
    />
  );
}

/** What can be done with all conversations of this browser. */
function Transfers({ app, onMoveAll, onImport, onExportAll, onDeleteAll }: Props) {
  const { t } = useTranslation();
  // With a list on all devices, its section adds a device.
  const isListOff = useObservable(app.keyring).phase === "off";
  return (
    <fieldset className="settings__field">
      <legend>{t("transfer.title")}</legend>
      <div className="settings__actions">
        <ImportButton onImport={onImport} />
        <button type="button" className="button" onClick={onExportAll}>
          <DownloadIcon />
          <span>{t("transfer.exportAll")}</span>
        </button>
        {isListOff && (
          <button type="button" className="button" onClick={onMoveAll}>
            <DeviceIcon />
            <span>{t("list.move")}</span>
          </button>
        )}
        <button type="button" className="button settings__danger" onClick={onDeleteAll}>
          <DeleteIcon />
          <span>{t("transfer.deleteAll")}</span>
        </button>
      </div>
    </fieldset>
  );
}

/** The switch for notifications. The browser's permission is requested only when it is switched on. */
function NotificationChoice({ preferences }: { preferences: PreferencesStore }) {
  const { t } = useTranslation();
  const { notifies } = useObservable(preferences);
  const [isDenied, setIsDenied] = useState(false);
  const isOn = notifies && Notification.permission === "granted";

  async function choose(wanted: boolean) {
    const isAllowed = wanted && (await mayNotify());
    setIsDenied(wanted && !isAllowed);
    preferences.change({ notifies: isAllowed });
  }

  return (
    <Choice
      label={t("settings.finished")}
      value={isOn ? "notify" : "mark"}
      options={[
        { value: "mark", label: t("settings.finishedMark") },
        { value: "notify", label: t("settings.finishedNotify") },
      ]}
      hint={isDenied ? t("settings.finishedDenied") : t("settings.finishedHint")}
      onChoose={(chosen) => void choose(chosen === "notify")}
    />
  );
}

type ChoiceProps<Value extends string> = {
  label: string;
  value: Value;
  options: readonly { value: Value; label: string }[];
  hint?: string;
  onChoose: (value: Value) => void;
};

/** Radio buttons drawn as one bar. */
function Choice<Value extends string>({ label, value, options, hint, onChoose }: ChoiceProps<Value>) {
  const name = useId();
  const hintId = useId();
  return (
    <fieldset className="settings__field" aria-describedby={hint ? hintId : undefined}>
      <legend>{label}</legend>
      <div className="choice">
        {options.map((option) => (
          <label key={option.value} className="choice__option">
            <input
              type="radio"
              className="visually-hidden"
              name={name}
              checked={option.value === value}
              onChange={() => onChoose(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
      {hint && (
        <p className="settings__hint" id={hintId}>
          {hint}
        </p>
      )}
    </fieldset>
  );
}
