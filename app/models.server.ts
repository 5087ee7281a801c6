import { access as findFile } from "node:fs/promises";
import { homedir } from "node:os";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import type { Clocks } from "./clocks";
import { ConfigError, processEnvironment, type Config } from "./config.server";
import type { LanguageModels } from "./conversation/language-model";
import { baseUrlWarning } from "./model/openai-compatible/base-url";
import { chooseProvider } from "./model/offers/choose-provider";
import { createLanguageModels } from "./model/create-language-models";
import { toOffer } from "./model/offers/model-list";
import { priceIssue } from "./quotas/price-issue";
import { hasCode } from "./store/volume/errno";

/**
 * Connects the configured models.
 * @throws ModelConfigError as `createLanguageModels` does
 * @throws ConfigError where a budget in dollars is set for models without prices
 */
export async function connectModels(
  { model, quotas }: Pick<Config, "model" | "quotas">,
  log: { warn(details: object, message: string): void },
  { now, timer, delay }: Pick<Clocks, "now" | "timer" | "delay">,
): Promise<LanguageModels> {
  // Without the SDK's cache of credential files, so that each call of the chain reads them again.
  const credentials = defaultProvider({ ignoreCache: true });
  const provider =
    model.provider ??
    (await chooseProvider({
      env: processEnvironment,
      fileExists,
      homeDirectory: homedir(),
      credentials,
      delay,
      onUnresolved: (err) =>
        log.warn(
          { err },
          "AWS credentials are set up here but do not work: MODEL_PROVIDER=bedrock insists on them",
        ),
    }));
  const models = createLanguageModels(
    { ...model, provider },
    {
      ...{ credentials, now, timer },
      onListFailure: (err) => log.warn({ err }, "the models of the openai-compatible server cannot be read"),
    },
  );
  await models.refresh?.();
  const { openaiCompatibleBaseUrl: baseUrl } = model;
  const warning = baseUrl === null ? null : baseUrlWarning("OPENAI_COMPATIBLE_BASE_URL", baseUrl);
  if (warning !== null) log.warn({}, warning);
  const { wildcard, maxOutputTokens } = model;
  const listed = wildcard ? [toOffer({ ...wildcard, id: "openai-compatible/*" }, maxOutputTokens)] : [];
  const issue = priceIssue(quotas.daily.dollars, [...models.offers, ...listed]);
  if (issue !== null) throw new ConfigError(issue);
  return models;
}

/** A file that cannot be checked counts as existing, so that the log says why AWS credentials do not work. */
async function fileExists(path: string): Promise<boolean> {
  try {
    await findFile(path);
    return true;
  } catch (error) {
    return !hasCode(error, "ENOENT", "ENOTDIR");
  }
}
