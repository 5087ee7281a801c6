import type { ReactNode } from "react";

type Props = {
  label: string;
  icon: ReactNode;
  onClick: () => void;
  /** Disabled, but still focusable, so that screen readers find it. */
  isWaiting?: boolean;
  className?: string;
};

/** A button with an icon only. Its label is a tooltip, and read out by screen readers. */
export function IconButton({ label, icon, onClick, isWaiting = false, className = "" }: Props) {
  return (
    <button
      type="button"
      className={`icon-button ${className}`}
      aria-label={label}
      title={label}
      aria-disabled={isWaiting || undefined}
      onClick={() => !isWaiting && onClick()}
    >
      {icon}
    </button>
  );
}
