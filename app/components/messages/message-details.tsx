import { useTranslation } from "react-i18next";
import type { ModelView } from "~/conversation/api";
import { replyCost } from "~/conversation/reply/reply-cost";
import type { AssistantMessage } from "~/conversation/session/session";
import { Dialog } from "~/components/primitives/overlays/dialog";

type Props = { message: AssistantMessage; models: readonly ModelView[]; onClose: () => void };

/** The metadata of an answer. */
export function MessageDetails({ message, models, onClose }: Props) {
  const { t, i18n } = useTranslation();
  const { metadata } = message;
  const model = models.find(({ id }) => id === metadata.modelId);
  const number = new Intl.NumberFormat(i18n.language);
  const time = (ms: number) => {
    const [unit, value] = ms < 1_000 ? ["millisecond", ms] : ["second", ms / 1_000];
    return new Intl.NumberFormat(i18n.language, { style: "unit", unit, maximumFractionDigits: 1 }).format(
      value,
    );
  };
  const date = new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium", timeStyle: "medium" });
  const cost = model && metadata.usage && replyCost(metadata.usage, model);
  const { usage } = metadata;
  const rows: [name: string, value: string | undefined][] = [
    [t("details.model"), model?.name ?? metadata.modelId],
    [t("details.begun"), date.format(new Date(metadata.createdAt))],
    [
      t("details.firstToken"),
      metadata.timeToFirstTokenMs === undefined ? undefined : time(metadata.timeToFirstTokenMs),
    ],
    [t("details.duration"), time(Date.parse(metadata.finishedAt) - Date.parse(metadata.createdAt))],
    [t("details.tokensIn"), usage?.inputTokens === undefined ? undefined : number.format(usage.inputTokens)],
    [
      t("details.tokensCached"),
      usage?.cacheReadTokens === undefined ? undefined : number.format(usage.cacheReadTokens),
    ],
    [
      t("details.tokensOut"),
      usage?.outputTokens === undefined ? undefined : number.format(usage.outputTokens),
    ],
    [
      t("details.cost"),
      cost === undefined || cost === null
        ? undefined
        : new Intl.NumberFormat(i18n.language, {
            style: "currency",
            currency: "USD",
            maximumSignificantDigits: 2,
          }).format(cost),
    ],
    [
      t("details.omitted"),
      metadata.omittedMessages === undefined ? undefined : number.format(metadata.omittedMessages),
    ],
    [t("details.node"), metadata.node],
  ];
  return (
    <Dialog title={t("details.title")} onClose={onClose}>
      <dl className="details">
        {rows.map(
          ([name, value]) =>
            value !== undefined && (
              <div key={name} className="details__row">
                <dt>{name}</dt>
                <dd dir="auto">{value}</dd>
              </div>
            ),
        )}
      </dl>
    </Dialog>
  );
}
