import * as Popover from "@radix-ui/react-popover";
import { useEffect, type RefObject } from "react";
import { useMediaQuery } from "~/components/hooks/use-media-query";
import { Dialog } from "~/components/primitives/overlays/dialog";
import { OptionList } from "./option-list";
import type { SelectOption } from "./select";

type Props = {
  listId: string;
  label: string;
  options: readonly SelectOption[];
  value: string;
  anchor: RefObject<HTMLButtonElement>;
  /** Called with the option's index. */
  onChoose: (index: number) => void;
  onClose: () => void;
};

/** The same width as in select.css. */
const NARROW = "(max-width: 40rem)";

/** The open list of a select: beside its button, or on a phone a sheet at the lower edge. */
export function SelectPopup({ listId, label, options, value, anchor, onChoose, onClose }: Props) {
  const isNarrow = useMediaQuery(NARROW);
  useEffect(
    () => () => {
      // The focus was in the list, unless something else was pressed.
      if (document.activeElement === document.body) anchor.current?.focus();
    },
    [anchor],
  );
  const list = (close: () => void) => (
    <OptionList
      id={listId}
      {...{ label, options, value }}
      isTouched={isNarrow}
      onChoose={(index) => {
        close();
        onChoose(index);
      }}
      onClose={close}
    />
  );
  if (isNarrow) {
    return (
      <Dialog title={label} className="sheet" onClose={onClose}>
        {list(onClose)}
      </Dialog>
    );
  }
  return (
    <Popover.Root open onOpenChange={onClose}>
      <Popover.Anchor virtualRef={anchor} />
      {/* Inside a modal dialog, if there is one: elements outside it cannot be reached. */}
      <Popover.Portal container={anchor.current?.closest<HTMLElement>("dialog, main") ?? null}>
        <Popover.Content
          role="presentation"
          className="menu select__popup"
          align="start"
          sideOffset={4}
          collisionPadding={8}
          onOpenAutoFocus={(event) => event.preventDefault()}
          // A press of the button closes the list by the button's own click.
          onInteractOutside={(event) => {
            if (anchor.current?.contains(event.target as Node)) event.preventDefault();
          }}
          onCloseAutoFocus={(event) => event.preventDefault()}
        >
          {list(onClose)}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
