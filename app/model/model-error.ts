import { type ErrorCode, ExpectedError } from "~/conversation/expected-error";
import { type ModelFailure, readFailure, withoutBodies } from "./model-failure";

/** What the sentences need to say where something went wrong. */
export type ModelErrorContext = {
  modelName: string;
  /** The id within the provider. */
  model: string;
  service: { kind: "bedrock"; region: string; baseUrl: string | null } | { kind: "server"; baseUrl: string };
  /** Whether this call had brought words already. */
  begun: boolean;
};

/**
 * Turns whatever a call to a model threw or streamed into a sentence that says what to do. The sentence is
 * ours throughout: nothing of the provider's text, which may hold account numbers, gets into it.
 */
export function toModelError(error: unknown, context: ModelErrorContext): ExpectedError {
  if (ExpectedError.isInstance(error)) return error;
  const failure = readFailure(error);
  const [code, sentence] = explain(failure, context);
  return new ExpectedError(code, sentence, { cause: withoutBodies(error) });
}

type Explanation = [code: ErrorCode, sentence: string];

function explain(failure: ModelFailure, context: ModelErrorContext): Explanation {
  const { modelName, begun } = context;
  const { status } = failure;
  if (failure.stalled) {
    return ["model_stalled", `${modelName} went silent, so the answer was ended. ${TRY_AGAIN(begun)}`];
  }
  if (failure.noCredentials) return ["model_credentials", NO_CREDENTIALS];
  if (status === undefined) {
    return failure.unreached ? unreached(context) : interrupted(context);
  }
  if (status === 401 || (status === 403 && BAD_CREDENTIALS.test(failure.text))) {
    return ["model_credentials", badCredentials(context)];
  }
  if (status === 403) return ["model_denied", denied(context)];
  if (status === 429 || status === 402) return ["model_throttled", throttled(context)];
  if (status === 413 || (status === 400 && TOO_LONG.test(failure.text))) {
    return [
      "model_rejected",
      `This conversation is too long for ${modelName}. Start a new one, or choose a model that takes more.`,
    ];
  }
  if (status === 404 || (status === 400 && UNKNOWN_MODEL.test(failure.text))) {
    return ["model_rejected", unknownModel(context)];
  }
  if (status === 400 || status === 422) {
    return [
      "model_rejected",
      `${modelName} did not accept the request. Change the message or the instructions, or choose another model.`,
    ];
  }
  // A failure of the model itself (424), or of the service once the answer had begun.
  if (begun || status === 424) return interrupted(context);
  return [
    "model_unavailable",
    `${service(context)} has a problem at the moment and did not answer for ${modelName}. Try again in a minute.`,
  ];
}

/** Matched against AWS's names and words, which are no contract: when they change, the plainer sentence is said. */
const BAD_CREDENTIALS =
  /UnrecognizedClient|ExpiredToken|InvalidSignature|MissingAuthenticationToken|IncompleteSignature|InvalidClientTokenId|security token|signature|api key|authentication failed/i;
const TOO_LONG =
  /too long|too many (input )?tokens|(maximum|exceeds?|exceeded)\b.*\b(context|tokens?)|context[ _](length|window|size)/i;
const UNKNOWN_MODEL =
  /model identifier is invalid|on-demand throughput|inference profile|model .*(not found|does not exist|not exist|isn.t supported)/i;

const NO_CREDENTIALS =
  "No AWS credentials were found: give the server a role that may use Bedrock, set AWS_PROFILE or the AWS access keys, or sign in again if your session has expired (aws sso login).";

const TRY_AGAIN = (begun: boolean) =>
  begun ? "What it had said is kept: continue it or try again." : "Try again.";

function service({ service }: ModelErrorContext): string {
  return service.kind === "bedrock" ? `Bedrock in ${service.region}` : "The model server";
}

function unreached({ service }: ModelErrorContext): Explanation {
  return service.baseUrl === null
    ? [
        "model_unavailable",
        `Bedrock in ${(service as { region: string }).region} cannot be reached. Check the server's network connection, then try again.`,
      ]
    : ["model_unavailable", `Nothing answers at ${address(service.baseUrl)}: is the model server running?`];
}

/** An address may carry a password. */
function address(baseUrl: string): string {
  const url = new URL(baseUrl);
  return `${url.origin}${url.pathname.replace(/\/$/, "")}`;
}

function interrupted({ modelName, begun }: ModelErrorContext): Explanation {
  const what = begun ? "was cut off in the middle of its answer" : "was cut off before it answered";
  return ["model_interrupted", `${modelName} ${what}. ${TRY_AGAIN(begun)}`];
}

function badCredentials({ service, modelName }: ModelErrorContext): string {
  return service.kind === "bedrock"
    ? `AWS did not accept the server's credentials for ${modelName} in ${service.region}: they are wrong or have expired. Renew them (aws sso login, new keys, or the role), then try again.`
    : `The model server did not accept the key for ${modelName}: check OPENAI_COMPATIBLE_API_KEY.`;
}

function denied({ service, modelName }: ModelErrorContext): string {
  return service.kind === "bedrock"
    ? `Bedrock denied access to ${modelName} in ${service.region}: allow the server's role bedrock:InvokeModelWithResponseStream, open the model once in the playground of the Bedrock console as an administrator, or choose another model.`
    : `The model server denied access to ${modelName}: check OPENAI_COMPATIBLE_API_KEY, or choose another model.`;
}

function throttled(context: ModelErrorContext): string {
  return `${service(context)} is getting more requests for ${context.modelName} than it takes. Wait a minute and try again, or choose another model.`;
}

function unknownModel({ service, modelName, model }: ModelErrorContext): string {
  return service.kind === "bedrock"
    ? `Bedrock in ${service.region} does not offer ${modelName} as ${model}: choose another model, or correct its id in MODELS.`
    : `The model server at ${address(service.baseUrl)} has no model ${model}: install it there (with Ollama: ollama pull ${model}), or choose another model.`;
}
