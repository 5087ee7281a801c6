import { useCallback, useState } from "react";

/**
 * A menu that replaces the plain button that was pressed: open from the start, unless a dialog was opened over the button
 * while its code was loaded.
 */
export function useOpenMenu() {
  const [isOpen, setIsOpen] = useState(true);
  const [button, setButton] = useState<HTMLButtonElement | null>(null);
  const trigger = useCallback((element: HTMLButtonElement | null) => {
    setButton(element);
    const dialog = [...document.querySelectorAll("dialog:modal")].at(-1);
    if (element && dialog && !dialog.contains(element)) setIsOpen(false);
  }, []);
  return { isOpen, button, trigger, root: { open: isOpen && button !== null, onOpenChange: setIsOpen } };
}
