import type { ModelsView } from "./api";
import type { LanguageModels } from "./language-model";

/** What people are told of the models on offer. */
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
