import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useCopy, type Copied } from "~/components/hooks/use-copy";
import { WarningIcon } from "~/components/primitives/icons";
import { CheckIcon, CopyIcon } from "~/components/primitives/more-icons";

/** The bar above code, a diagram or a table. */
export function BlockToolbar({ title, children }: { title: string; children: ReactNode }) {
  return (
    <figcaption className="code-block__bar uncopied">
      <span className="code-block__language">{title}</span>
      {children}
    </figcaption>
  );
}

type ButtonProps = { icon: ReactNode; label: string; isPressed?: boolean; onClick: () => void };

export function ToolbarButton({ icon, label, isPressed, onClick }: ButtonProps) {
  return (
    <button
      type="button"
      className="code-block__action"
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      onClick={onClick}
    >
      {icon}
    </button>
  );
}

type CopyProps = {
  content: () => Copied;
  /** Shown beside the icon. */
  text?: string;
  /** What is copied. */
  label?: string;
  icon?: ReactNode;
};

/** Copies, and says so in its own place for a moment. */
export function ToolbarCopyButton({ content, text, label, icon = <CopyIcon /> }: CopyProps) {
  const { t } = useTranslation();
  const { state, copy } = useCopy(content);
  const result = state === "copied" ? t("markdown.copied") : t("markdown.notCopied");
  const name = state === "ready" ? label : result;
  return (
    <button type="button" className="code-block__action" aria-label={name} title={name} onClick={copy}>
      {state === "ready" ? icon : state === "copied" ? <CheckIcon /> : <WarningIcon />}
      {text !== undefined && <span>{state === "ready" ? text : result}</span>}
    </button>
  );
}
