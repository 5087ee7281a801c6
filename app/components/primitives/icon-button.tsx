import type { ReactNode } from "react";

type Props = {
  label: string;
  icon: ReactNode;
  onClick: () => void;
  /** Not now. It can still be reached and heard of. */
  isWaiting?: boolean;
  className?: string;
};

/** A button that is only an icon, and says what it does to those who point at it and to those who listen. */
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
