import { useState, type ReactNode } from "react";
import { ArrowDownIcon } from "~/components/primitives/icons";

type Props = {
  summary: ReactNode;
  /** Whether it is open, until the person opens or folds it. */
  isOpen?: boolean;
  className?: string;
  children: ReactNode;
};

/** Text that is folded away under a line. It is rendered only while it is open. */
export function Disclosure({ summary, isOpen: isOpenByItself = false, className = "", children }: Props) {
  const [chosen, setChosen] = useState<boolean | null>(null);
  const isOpen = chosen ?? isOpenByItself;
  return (
    <details className={`disclosure ${className}`} open={isOpen}>
      <summary
        onClick={(event) => {
          // Not the event `toggle`, which also follows a change of `isOpen`.
          event.preventDefault();
          setChosen(!isOpen);
        }}
      >
        <span>{summary}</span>
        <ArrowDownIcon />
      </summary>
      {isOpen && <div className="disclosure__body">{children}</div>}
    </details>
  );
}
