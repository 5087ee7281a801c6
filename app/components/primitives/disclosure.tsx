import { useState, type ReactNode } from "react";
import { ArrowDownIcon } from "./icons";

type Props = {
  summary: ReactNode;
  /** Open from the start, until the person folds it. */
  isOpen?: boolean;
  className?: string;
  children: ReactNode;
};

/** Text that is folded away under a line. It is rendered only while it is open. */
export function Disclosure({ summary, isOpen: isOpenAtFirst = false, className = "", children }: Props) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst);
  return (
    <details
      className={`disclosure ${className}`}
      open={isOpen}
      onToggle={(event) => setIsOpen(event.currentTarget.open)}
    >
      <summary>
        <span>{summary}</span>
        <ArrowDownIcon />
      </summary>
      {isOpen && <div className="disclosure__body">{children}</div>}
    </details>
  );
}
