import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import type { FileLimits } from "~/model/prompt/load-files";
import type { ModelConfig } from "~/model/offers/model-config";
import { credentialsReason } from "~/model/failures/model-failure";
import { callProvider } from "~/model/provider";
import type { AnswerSource } from "~/model/stream-answer";

export type AwsCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

/** The AWS credential chain. It caches; `forceRefresh` bypasses the cache. */
export type CredentialChain = (options?: { forceRefresh?: boolean }) => Promise<AwsCredentials>;

/** Larger or encrypted files are validation errors. */
const FILE_LIMITS: FileLimits = { maxSide: 8_000, takesEncrypted: false };

/** The models of Bedrock, by their id there, signed with the credential chain or sent with an API key. */
export function createBedrockSource(
  config: Pick<
    ModelConfig,
    "region" | "bedrockBaseUrl" | "bedrockApiKey" | "bedrockGuardrail" | "stallSeconds"
  >,
  dependencies: { credentials: CredentialChain; maxRetries?: number },
): (model: string) => AnswerSource {
  const { region, bedrockBaseUrl: baseUrl } = config;
  const provider = createAmazonBedrock({
    region,
    ...(baseUrl !== null && { baseURL: baseUrl }),
    // Empty means none. Without this field the provider would read the environment by itself.
    apiKey: config.bedrockApiKey ?? "",
    credentialProvider: () => dependencies.credentials(),
  });
  const { bedrockGuardrail: guardrail } = config;
  // No trace: it quotes what was blocked, and with which rule.
  const guardrailConfig = guardrail && {
    guardrailIdentifier: guardrail.id,
    guardrailVersion: guardrail.version,
    trace: "disabled",
  };
  const guarded = guardrailConfig && { providerOptions: { bedrock: { guardrailConfig } } };
  // Called before the provider, which reports a failed chain as a plain error that cannot be told from others. The
  // chain caches, so the additional call costs nothing.
  const resolveCredentials = async (options?: { forceRefresh: boolean }) => {
    try {
      return await dependencies.credentials(options);
    } catch (error) {
      throw credentialsReason(error);
    }
  };
  return (model) => {
    let used: AwsCredentials | null = null;
    return {
      call: (request) => callProvider(provider(model), { ...request, ...guarded }),
      service: { kind: "bedrock", region, baseUrl },
      ...(config.bedrockApiKey !== null && { secrets: [config.bedrockApiKey] }),
      maxRetries: dependencies.maxRetries ?? 2,
      stallSeconds: config.stallSeconds,
      fileLimits: FILE_LIMITS,
      ...(config.bedrockApiKey === null && {
        async prepare() {
          used = await resolveCredentials();
        },
        // Keys in a file have no expiry date: without `forceRefresh` the chain would cache them for ever.
        renew: async () => !isSame(used, await resolveCredentials({ forceRefresh: true })),
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
