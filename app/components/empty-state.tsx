import { Logo } from "./logo";

const SUGGESTIONS = [
  "Plan a three-day hike for two people who have never slept in a tent",
  "Compare tea, coffee and cocoa in a table",
  "Write a function that finds the longest word in a text, and explain it",
  "What makes a good apology?",
];

type Props = {
  /** A sentence on why the conversation is empty, where that needs explaining. */
  why: string | null;
  /** What there is to know about the models on offer. */
  notice: string | null;
  onPick: (text: string) => void;
};

export function EmptyState({ why, notice, onPick }: Props) {
  return (
    <div className="empty" data-testid="empty-state">
      <Logo />
      <h2>What shall we talk about?</h2>
      {why && <p className="empty__why">{why}</p>}
      <ul className="empty__suggestions">
        {SUGGESTIONS.map((text) => (
          <li key={text}>
            <button type="button" onClick={() => onPick(text)}>
              {text}
            </button>
          </li>
        ))}
      </ul>
      {notice && <p className="empty__notice">{notice}</p>}
    </div>
  );
}
