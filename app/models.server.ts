import { access as findFile } from "node:fs/promises";
import { homedir } from "node:os";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { ConfigError, processEnvironment, type Config } from "./config.server";
import type { LanguageModels, ModelOffer } from "./conversation/language-model";
import { chooseProvider } from "./model/choose-provider";
import { createLanguageModels } from "./model/create-language-models";
import { countSpending } from "./quotas/count-spending";
import type { DailyBudget } from "./quotas/daily-budget";

/**
 * The models that this configuration and these credentials offer, each of whose answers counts against the budget.
 * @throws ModelConfigError as `createLanguageModels` does
 * @throws ConfigError where a budget in dollars is set for models without prices
 */
export async function connectModels(
  { model, quotas }: Pick<Config, "model" | "quotas">,
  budget: Pick<DailyBudget, "spend">,
): Promise<LanguageModels> {
  const credentials = defaultProvider();
  const provider =
    model.provider ??
    (await chooseProvider({
      env: processEnvironment,
      fileExists: (path) =>
        findFile(path).then(
          () => true,
          () => false,
        ),
      homeDirectory: homedir(),
      credentials,
    }));
  const models = createLanguageModels({ ...model, provider }, { credentials });
  checkPrices(quotas.daily, models.offers);
  return countSpending(models, budget.spend);
}

/** A budget in dollars that some model does not count against would be none. */
function checkPrices({ dollars }: Config["quotas"]["daily"], offers: readonly ModelOffer[]): void {
  const unpriced = offers.filter(
    ({ id, inputPricePerMillion, outputPricePerMillion }) =>
      !id.startsWith("demo/") && (inputPricePerMillion === undefined || outputPricePerMillion === undefined),
  );
  if (dollars === 0 || unpriced.length === 0) return;
  throw new ConfigError(
    `DAILY_DOLLAR_BUDGET needs the prices of all models: say inputPricePerMillion and outputPricePerMillion in MODELS for ${unpriced.map(({ id }) => id).join(", ")}.`,
  );
}
