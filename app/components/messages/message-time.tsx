import { useTranslation } from "react-i18next";
import { formatDate, formatMoment } from "~/components/primitives/format-date";
import { useToday } from "~/components/hooks/use-today";

/** When a message was sent: the time alone on the day itself; all of it as a tooltip. */
export function MessageTime({ at }: { at: string }) {
  const { i18n } = useTranslation();
  const today = useToday();
  return (
    <time className="tools__note" dateTime={at} title={formatDate(at, i18n.language)}>
      {formatMoment(at, i18n.language, today)}
    </time>
  );
}
