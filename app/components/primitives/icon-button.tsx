import type { ReactNode } from "react";

type Props = {
  label: string;
  icon: ReactNode;
  onClick: () => void;
  /** Disabled, but still focusable, so that screen readers find it. */
  isWaiting?: boolean;
  /** For a button that switches something on and off. */
  isPressed?: boolean;
  className?: string;
};

/** A button with an icon only. Its label is a tooltip, and read out by screen readers. */
export function IconButton(props: Props) {
  const { label, icon, onClick, isWaiting = false, isPressed, className = "" } = props;
  return (
    <button
      type="button"
      className={`icon-button ${className}`}
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      aria-disabled={isWaiting || undefined}
      onClick={() => !isWaiting && onClick()}
    >
      {icon}
    </button>
  );
}
