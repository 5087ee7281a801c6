import type { ReactNode } from "react";
import { Logo } from "~/components/primitives/logo";

type Props = {
  heading: string;
  suggestions: readonly string[];
  why?: string | null;
  notice?: string | null;
  back?: { label: string; onClick: () => void };
  /** Null in the server's HTML, which is not interactive yet. */
  onPick: ((text: string) => void) | null;
  /** Under the heading. */
  children?: ReactNode;
};

/** The content of an empty conversation. */
export function Greeting({ heading, suggestions, why, notice, back, onPick, children }: Props) {
  return (
    <div className="empty" data-testid={onPick ? "empty-state" : undefined}>
      <Logo />
      <h2>{heading}</h2>
      {why && <p className="empty__why">{why}</p>}
      {back && (
        <button type="button" className="button empty__back" onClick={back.onClick}>
          {back.label}
        </button>
      )}
      {children}
      <ul className="empty__suggestions">
        {suggestions.map((text) => (
          <li key={text}>
            {onPick ? (
              <button type="button" className="empty__suggestion" onClick={() => onPick(text)}>
                {text}
              </button>
            ) : (
              <span className="empty__suggestion">{text}</span>
            )}
          </li>
        ))}
      </ul>
      {notice && <p className="empty__notice">{notice}</p>}
    </div>
  );
}
