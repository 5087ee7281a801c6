import { useTranslation } from "react-i18next";
import { Logo } from "./logo";

const SUGGESTIONS = ["hike", "table", "code", "apology"] as const;

type Props = {
  /** A sentence on why the conversation is empty, where that needs explaining. */
  why: string | null;
  /** What there is to know about the models on offer. */
  notice: string | null;
  onPick: (text: string) => void;
};

export function EmptyState({ why, notice, onPick }: Props) {
  const { t } = useTranslation();
  return (
    <div className="empty" data-testid="empty-state">
      <Logo />
      <h2>{t("empty.heading")}</h2>
      {why && <p className="empty__why">{why}</p>}
      <ul className="empty__suggestions">
        {SUGGESTIONS.map((name) => t(`empty.suggestions.${name}`)).map((text) => (
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
