import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import type { FileLimits } from "./load-files";
import type { ModelConfig } from "./model-config";
import { credentialsReason } from "./model-failure";
import type { AnswerSource } from "./stream-answer";

export type AwsCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

/** The AWS credential chain, with a cache of its own that `forceRefresh` passes by. */
export type CredentialChain = (options?: { forceRefresh?: boolean }) => Promise<AwsCredentials>;

/** More is a validation error. */
const FILE_LIMITS: FileLimits = { maxSide: 8_000, takesEncrypted: false };

/** The models of Bedrock, by their id there, signed with the credential chain or sent with an API key. */
export function createBedrockSource(
  config: Pick<ModelConfig, "region" | "bedrockBaseUrl" | "bedrockApiKey" | "stallSeconds">,
  dependencies: { credentials: CredentialChain; fetch?: typeof fetch; maxRetries?: number },
): (model: string) => AnswerSource {
  const { region, bedrockBaseUrl: baseUrl } = config;
  const provider = createAmazonBedrock({
    region,
    ...(baseUrl !== null && { baseURL: baseUrl }),
    // Empty means none. Left out, the provider would look into the environment itself.
    apiKey: config.bedrockApiKey ?? "",
    credentialProvider: () => dependencies.credentials(),
    ...(dependencies.fetch && { fetch: dependencies.fetch }),
  });
  // The provider reports a failed chain as a plain error without a cause. Asked first, it can be told apart;
  // the chain caches, so it costs nothing.
  const ask = async (options?: { forceRefresh: boolean }) => {
    try {
      return await dependencies.credentials(options);
    } catch (error) {
      throw credentialsReason(error);
    }
  };
  return (model) => {
    let used: AwsCredentials | null = null;
    return {
      model: provider(model),
      service: { kind: "bedrock", region, baseUrl },
      maxRetries: dependencies.maxRetries ?? 2,
      stallSeconds: config.stallSeconds,
      fileLimits: FILE_LIMITS,
      ...(config.bedrockApiKey === null && {
        async prepare() {
          used = await ask();
        },
        // Keys in a file have no date at which they expire, so that the chain would keep them for ever.
        renew: async () => !isSame(used, await ask({ forceRefresh: true })),
      }),
    };
  };
}

function isSame(one: AwsCredentials | null, other: AwsCredentials): boolean {
  return (
    one?.accessKeyId === other.accessKeyId &&
    one.secretAccessKey === other.secretAccessKey &&
    one.sessionToken === other.sessionToken
  );
}
