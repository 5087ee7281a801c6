import { Item } from "@radix-ui/react-dropdown-menu";
import { useTranslation } from "react-i18next";
import type { Preset } from "~/browser/presets/presets";
import { PresetIcon } from "~/components/primitives/icons";
import { useOpenMenu } from "~/components/primitives/overlays/use-open-menu";
import { ComposerMenu } from "./composer-menu";

type Props = { presets: readonly Preset[]; onChoose: (preset: Preset) => void };

/** The menu of the presets. */
export function PresetMenu({ presets, onChoose }: Props) {
  const { t } = useTranslation();
  return (
    <ComposerMenu label={t("presets.startWith")} icon={<PresetIcon />} menu={useOpenMenu()}>
      {presets.map((preset) => (
        <Item key={preset.id} className="menu__item" onSelect={() => onChoose(preset)}>
          <bdi>{preset.name}</bdi>
        </Item>
      ))}
    </ComposerMenu>
  );
}
