import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Preset } from "~/browser/presets/presets";
import { PresetIcon } from "~/components/primitives/icons";
import { lazyPart } from "~/components/primitives/lazy-part";

const PresetMenu = lazyPart(() => import("./preset-menu").then(({ PresetMenu }) => PresetMenu));

type Props = {
  presets: readonly Preset[];
  onChoose: (preset: Preset) => void;
  onFailed: (error: unknown) => void;
};

/** Begins a new conversation with a preset. A plain button until it is first pressed, when the menu's code is loaded. */
export function PresetButton({ presets, onChoose, onFailed }: Props) {
  const { t } = useTranslation();
  const [isWanted, setIsWanted] = useState(false);
  const failed = useCallback(
    (error: unknown) => {
      setIsWanted(false);
      onFailed(error);
    },
    [onFailed],
  );
  const plainButton = (
    <button
      type="button"
      className="icon-button composer__attach"
      aria-label={t("presets.startWith")}
      title={t("presets.startWith")}
      aria-haspopup="menu"
      aria-expanded={isWanted}
      onPointerEnter={PresetMenu.preload}
      onFocus={PresetMenu.preload}
      onClick={() => setIsWanted(true)}
    >
      <PresetIcon />
    </button>
  );
  if (!isWanted) return plainButton;
  return <PresetMenu placeholder={plainButton} onFailed={failed} {...{ presets, onChoose }} />;
}
