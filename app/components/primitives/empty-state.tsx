import { useTranslation } from "react-i18next";
import { Greeting } from "~/components/pages/greeting";

const SUGGESTIONS = ["hike", "table", "code", "apology"] as const;

type Props = {
  /** The reason why the conversation is empty, if it needs one. */
  why: string | null;
  /** A notice about the models. */
  notice: string | null;
  onPick: (text: string) => void;
  /** Opens the conversation that was held back; null if there is none. */
  onGoBack: (() => void) | null;
};

export function EmptyState({ why, notice, onPick, onGoBack }: Props) {
  const { t } = useTranslation();
  const suggestions = SUGGESTIONS.map((name) => t(`empty.suggestions.${name}`));
  return (
    <Greeting
      heading={t("empty.heading")}
      suggestions={suggestions}
      why={why}
      notice={notice}
      onPick={onPick}
      {...(onGoBack && { back: { label: t("conversation.openAgain"), onClick: onGoBack } })}
    />
  );
}
