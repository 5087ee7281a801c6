import * as Menu from "@radix-ui/react-dropdown-menu";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { useOpenMenu } from "~/components/primitives/overlays/use-open-menu";
import { focusComposer } from "./focus-composer";

type Props = {
  label: string;
  icon: ReactNode;
  menu: ReturnType<typeof useOpenMenu>;
  children: ReactNode;
};

/** A menu beside the message box, open from the start: it replaces the plain button that was pressed. */
export function ComposerMenu({ label, icon, menu, children }: Props) {
  const { i18n } = useTranslation();
  const { button, trigger, root } = menu;
  return (
    <Menu.Root {...root} modal={false} dir={i18n.dir()}>
      <Menu.Trigger ref={trigger} className="icon-button composer__attach" aria-label={label} title={label}>
        {icon}
      </Menu.Trigger>
      <Menu.Portal container={button?.closest<HTMLElement>("main") ?? null}>
        <Menu.Content
          className="menu"
          align="start"
          side="top"
          sideOffset={4}
          collisionPadding={8}
          aria-label={label}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            focusComposer();
          }}
        >
          {children}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
