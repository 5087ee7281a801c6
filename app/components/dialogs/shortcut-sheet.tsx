import { useTranslation } from "react-i18next";
import type { PreferencesStore } from "~/browser/storage/preferences";
import { COMMANDS, type CommandId } from "~/browser/page/commands";
import { SHORTCUTS } from "~/browser/page/shortcuts";
import { useObservable } from "~/browser/page/use-observable";
import { COMMAND_LOOKS } from "~/components/primitives/command-looks";
import { Dialog } from "~/components/primitives/overlays/dialog";
import { Keys } from "~/components/primitives/keys";

type Props = { preferences: PreferencesStore; onClose: () => void };

/** All shortcuts, from the table that the keyboard handler uses. */
export function ShortcutSheet({ preferences, onClose }: Props) {
  const { t } = useTranslation();
  const { singleKeys } = useObservable(preferences);
  return (
    <Dialog title={t("shortcuts.title")} onClose={onClose} isWide>
      <dl className="shortcuts">
        {COMMANDS.filter(hasShortcut).map((command) => (
          <div key={command} className="shortcuts__row">
            <dt>{COMMAND_LOOKS[command].label(t)}</dt>
            {SHORTCUTS.filter((shortcut) => shortcut.command === command).map((shortcut) => (
              <dd
                key={`${shortcut.mod} ${shortcut.key}`}
                data-off={shortcut.place === "outside-text" && !singleKeys}
              >
                <Keys shortcut={shortcut} />
                {shortcut.place === "empty-composer" && (
                  <span className="shortcuts__where">{t("shortcuts.inEmptyMessage")}</span>
                )}
              </dd>
            ))}
          </div>
        ))}
      </dl>
      <label className="shortcuts__switch">
        <input
          type="checkbox"
          checked={singleKeys}
          onChange={({ target }) => preferences.change({ singleKeys: target.checked })}
        />
        <span>{t("shortcuts.singleKeys")}</span>
      </label>
    </Dialog>
  );
}

function hasShortcut(command: CommandId): boolean {
  return SHORTCUTS.some((shortcut) => shortcut.command === command);
}
