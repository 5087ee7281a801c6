import type { ProviderName } from "./resolve-offers";

export type CredentialProbe = {
  env: Readonly<Record<string, string | undefined>>;
  /** Whether a file exists, for the shared AWS files. */
  fileExists: (path: string) => Promise<boolean>;
  homeDirectory: string;
  /** The AWS credential chain. */
  credentials: () => Promise<unknown>;
  /**
   * Called with the error of credentials that are set up but did not resolve: it explains why the demo model is used.
   */
  onUnresolved: (error: unknown) => void;
  /** Resolves after this many milliseconds. */
  delay: (ms: number) => Promise<unknown>;
};

/** Longest time for which start-up waits for the credential chain, in milliseconds. */
const TIMEOUT_MS = 3_000;

const ON_ECS = [
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "ECS_CONTAINER_METADATA_URI_V4",
];
const MAY_HOLD_CREDENTIALS = ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_PROFILE"];

/**
 * The provider where MODEL_PROVIDER is not set: bedrock on ECS or where AWS credentials resolve, else demo. Without
 * any sign of AWS credentials the chain is not called: it would end with a wait for the metadata service of EC2,
 * which other machines do not have. On EC2, set MODEL_PROVIDER=bedrock.
 */
export async function chooseProvider(probe: CredentialProbe): Promise<ProviderName> {
  const { env } = probe;
  if (ON_ECS.some((name) => env[name]) || env.AWS_BEARER_TOKEN_BEDROCK?.trim()) return "bedrock";
  if (!MAY_HOLD_CREDENTIALS.some((name) => env[name]) && !(await hasSharedFile(probe))) return "demo";
  return (await resolvesInTime(probe)) ? "bedrock" : "demo";
}

async function hasSharedFile({ env, fileExists, homeDirectory }: CredentialProbe): Promise<boolean> {
  const files = [
    env.AWS_SHARED_CREDENTIALS_FILE || `${homeDirectory}/.aws/credentials`,
    env.AWS_CONFIG_FILE || `${homeDirectory}/.aws/config`,
  ];
  return (await Promise.all(files.map(fileExists))).includes(true);
}

async function resolvesInTime({ credentials, onUnresolved, delay }: CredentialProbe): Promise<boolean> {
  const late = delay(TIMEOUT_MS).then(() => {
    throw new Error(`No answer within ${TIMEOUT_MS} ms.`);
  });
  try {
    await Promise.race([Promise.resolve().then(credentials), late]);
    return true;
  } catch (error) {
    // Any failure means that there are no credentials to use.
    onUnresolved(error);
    return false;
  }
}
