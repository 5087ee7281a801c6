import * as Menu from "@radix-ui/react-dropdown-menu";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Preset } from "~/browser/presets/presets";
import { focusComposer } from "~/components/composer/focus-composer";
import { PresetIcon } from "~/components/primitives/icons";

type Props = { presets: readonly Preset[]; onChoose: (preset: Preset) => void };

/** The menu of the presets, open from the start: it replaces the plain button that was pressed. */
export function PresetMenu({ presets, onChoose }: Props) {
  const { t, i18n } = useTranslation();
  const [isOpen, setIsOpen] = useState(true);
  const [button, setButton] = useState<HTMLButtonElement | null>(null);
  return (
    <Menu.Root open={isOpen && button !== null} onOpenChange={setIsOpen} modal={false} dir={i18n.dir()}>
      <Menu.Trigger
        ref={setButton}
        className="icon-button composer__attach"
        aria-label={t("presets.startWith")}
        title={t("presets.startWith")}
      >
        <PresetIcon />
      </Menu.Trigger>
      <Menu.Portal container={button?.closest<HTMLElement>("main") ?? null}>
        <Menu.Content
          className="menu"
          align="start"
          side="top"
          sideOffset={4}
          collisionPadding={8}
          aria-label={t("presets.startWith")}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            focusComposer();
          }}
        >
          {presets.map((preset) => (
            <Menu.Item key={preset.id} className="menu__item" onSelect={() => onChoose(preset)}>
              <bdi>{preset.name}</bdi>
            </Menu.Item>
          ))}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
