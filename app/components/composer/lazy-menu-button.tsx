import { useCallback, useState, type ReactNode } from "react";
import type { lazyPart } from "~/components/primitives/lazy-part";

type Props<Menu extends object> = {
  label: string;
  icon: ReactNode;
  /** The open menu, with a button that replaces the plain one. */
  menu: ReturnType<typeof lazyPart<Menu>>;
  options: Menu;
  onFailed: (error: unknown) => void;
};

/** A button of the composer with a menu. A plain button until it is first pressed, when the menu's code is loaded. */
export function LazyMenuButton<Menu extends object>(props: Props<Menu>) {
  const { label, icon, menu: Menu, options, onFailed } = props;
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
      aria-label={label}
      title={label}
      aria-haspopup="menu"
      aria-expanded={isWanted}
      onPointerEnter={Menu.preload}
      onFocus={Menu.preload}
      onClick={() => setIsWanted(true)}
    >
      {icon}
    </button>
  );
  return isWanted ? <Menu placeholder={plainButton} onFailed={failed} {...options} /> : plainButton;
}
