import { useTranslation } from "react-i18next";
import { Greeting } from "~/components/pages/greeting";

const SUGGESTIONS = ["hike", "table", "code", "apology"] as const;

type Props = {
  /** A sentence on why the conversation is empty, where that needs explaining. */
  why: string | null;
  /** What there is to know about the models on offer. */
  notice: string | null;
  onPick: (text: string) => void;
  /** Opens the conversation that was open before; null where there is none to go back to. */
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
