import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import type { ModelConfig } from "./model-config";
import { credentialsReason } from "./model-failure";
import type { AnswerSource } from "./stream-answer";

export type AwsCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

/** The models of Bedrock, by their id there, signed with the credential chain or sent with an API key. */
export function createBedrockSource(
  config: Pick<ModelConfig, "region" | "bedrockBaseUrl" | "bedrockApiKey" | "stallSeconds">,
  dependencies: { credentials: () => Promise<AwsCredentials>; fetch?: typeof fetch; maxRetries?: number },
): (model: string) => AnswerSource {
  const { region, bedrockBaseUrl: baseUrl } = config;
  const provider = createAmazonBedrock({
    region,
    ...(baseUrl !== null && { baseURL: baseUrl }),
    // Empty means none. Left out, the provider would look into the environment itself.
    apiKey: config.bedrockApiKey ?? "",
    credentialProvider: dependencies.credentials,
    ...(dependencies.fetch && { fetch: dependencies.fetch }),
  });
  // The provider reports a failed chain as a plain error without a cause. Asked first, it can be told apart;
  // the chain caches, so it costs nothing.
  const prepare = async () => {
    try {
      await dependencies.credentials();
    } catch (error) {
      throw credentialsReason(error);
    }
  };
  return (model) => ({
    model: provider(model),
    service: { kind: "bedrock", region, baseUrl },
    maxRetries: dependencies.maxRetries ?? 2,
    stallSeconds: config.stallSeconds,
    ...(config.bedrockApiKey === null && { prepare }),
  });
}
