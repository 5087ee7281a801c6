import { useContext, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { BrandContext } from "~/components/primitives/brand-context";
import { Greeting } from "~/components/pages/greeting";

const SUGGESTIONS = ["hike", "table", "code", "apology"] as const;

type Props = {
  /** In place of the welcome of the service; null for that. */
  heading: string | null;
  /** The reason why the conversation is empty, if it needs one. */
  why: string | null;
  /** A notice about the models. */
  notice: string | null;
  /** Starter prompts in place of those of the service. */
  prompts: readonly string[];
  /** Under the heading. */
  children: ReactNode;
  onPick: (text: string) => void;
  /** Leads to the conversation that was held back, or was shown last; null if there is none. */
  back: { label: string; onClick: () => void } | null;
};

export function EmptyState({ heading, why, notice, prompts, children, onPick, back }: Props) {
  const { t } = useTranslation();
  const brand = useContext(BrandContext);
  const usual = brand.prompts ?? SUGGESTIONS.map((name) => t(`empty.suggestions.${name}`));
  return (
    <Greeting
      heading={heading ?? brand.welcome ?? t("empty.heading")}
      suggestions={prompts.length > 0 ? prompts : usual}
      why={why}
      notice={notice}
      onPick={onPick}
      {...(back && { back })}
    >
      {children}
    </Greeting>
  );
}
