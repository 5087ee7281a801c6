import type { ModelsView } from "./api";
import type { LanguageModels } from "./language-model";

/** The response of `GET /api/models`, without the fields that only the server needs. */
export function modelsView({
  offers,
  defaultModelId,
  notice,
}: Pick<LanguageModels, "offers" | "defaultModelId" | "notice">): ModelsView {
  return {
    models: offers.map(
      ({ maxOutputTokens: _, continuation: __, contextTokens: ___, cachesPrompts: ____, ...offer }) => ({
        ...offer,
        provider: offer.id.slice(0, offer.id.indexOf("/")),
      }),
    ),
    defaultModelId,
    notice,
  };
}
