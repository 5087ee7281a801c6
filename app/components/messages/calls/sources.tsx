import { useTranslation } from "react-i18next";
import { MarkdownLink } from "~/components/markdown/markdown-link";
import { safeUrl } from "~/components/markdown/parsing/link-target";
import type { Source } from "~/conversation/sources";

/** The pages that an answer rests on, numbered. Addresses that lead elsewhere than to a page stay text. */
export function Sources({ sources }: { sources: readonly Source[] }) {
  const { t } = useTranslation();
  if (sources.length === 0) return null;
  return (
    <section className="sources" aria-label={t("message.sources")}>
      <h3 className="sources__title">{t("message.sources")}</h3>
      <ol className="sources__list">
        {sources.map(({ url, title }) => (
          <li key={url}>
            <MarkdownLink href={safeUrl(url)} text={title ?? url} hasFormula={false} title={url}>
              <bdi>{title ?? url}</bdi>
            </MarkdownLink>
          </li>
        ))}
      </ol>
    </section>
  );
}
