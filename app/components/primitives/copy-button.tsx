import { useTranslation } from "react-i18next";
import { IconButton } from "./icon-button";
import { CheckIcon, CopyIcon } from "./more-icons";
import { useCopy } from "~/components/hooks/use-copy";

type Props = { text: () => string; label: string };

export function CopyButton({ text, label }: Props) {
  const { t } = useTranslation();
  const { state, copy } = useCopy(text);
  const said = { ready: label, copied: t("markdown.copied"), failed: t("markdown.notCopied") }[state];
  return <IconButton label={said} icon={state === "copied" ? <CheckIcon /> : <CopyIcon />} onClick={copy} />;
}
