import { useTranslation } from "react-i18next";
/** Shows nothing at first, since loading is usually fast, then a placeholder. */
export function LoadingConversation({ isLate }: { isLate: boolean }) {
  const { t } = useTranslation();
  return (
    <div className="loading">
      <span className="loading__line" />
      <span className="loading__line" />
      <span className="loading__line" />
      <p className="loading__words">
        {isLate ? (
          t("conversation.loadingLate")
        ) : (
          <span className="visually-hidden">{t("conversation.loading")}</span>
        )}
      </p>
    </div>
  );
}
