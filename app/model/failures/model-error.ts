import { type ErrorCode, ExpectedError } from "~/conversation/expected-error";
import {
  speaksOfCredentials,
  speaksOfCredit,
  speaksOfFiles,
  speaksOfKey,
  speaksOfModeration,
  speaksOfOutputLimit,
  speaksOfOverload,
  speaksOfUnknownModel,
  speaksOfWindow,
  speaksOfWrongAddress,
} from "./failure-words";
import { type ModelFailure, readFailure, withoutBodies } from "./model-failure";
import { providerMessage } from "./provider-message";

/** Facts about the failed call, for the error message. */
export type ModelErrorContext = {
  modelName: string;
  /** The id within the provider. */
  model: string;
  service: { kind: "bedrock"; region: string; baseUrl: string | null } | { kind: "server"; baseUrl: string };
  /** Whether the call had returned words before it failed. */
  begun: boolean;
  /** Values that no message may contain. */
  secrets?: readonly string[] | undefined;
};

/**
 * Maps the failure of a model call to an error whose message says what to do. What the provider said is beside it,
 * without secrets and account numbers.
 */
export function toModelError(error: unknown, context: ModelErrorContext): ExpectedError {
  if (ExpectedError.isInstance(error)) return error;
  const failure = readFailure(error);
  const [code, sentence] = explain(failure, context);
  return new ExpectedError(code, sentence, {
    cause: withoutBodies(error),
    providerMessage: providerMessage(error, context.secrets),
  });
}

type Explanation = [code: ErrorCode, sentence: string];

function explain(failure: ModelFailure, context: ModelErrorContext): Explanation {
  const { modelName, begun } = context;
  const { status } = failure;
  if (failure.stalled) {
    return ["model_stalled", `${modelName} went silent, so the answer was ended. ${TRY_AGAIN(begun)}`];
  }
  if (failure.noCredentials) return ["model_credentials", NO_CREDENTIALS];
  if (failure.misconfigured) return ["model_credentials", misconfigured(context)];
  const refused = explainRefusal(failure, context);
  if (refused) return refused;
  if (status === undefined) {
    return failure.unreached ? unreached(context) : interrupted(context);
  }
  // A failure of the model itself (424), or of the service after the answer had begun.
  if (begun || status === 424) return interrupted(context);
  return [
    "model_unavailable",
    `${service(context)} has a problem at the moment and did not answer for ${modelName}. Try again in a minute.`,
  ];
}

/**
 * The error for a refusal whose wording or status gives a specific reason; else null. Errors in the stream have no
 * status, and some servers report an invalid request with a 5xx status.
 */
function explainRefusal({ status, text }: ModelFailure, context: ModelErrorContext): Explanation | null {
  // Some services report in the stream, or with 400, what others report with a specific status.
  const isVague = status === undefined || status === 400;
  if (status === 402 || speaksOfCredit(text)) return ["model_no_credit", noCredit(context)];
  if (
    status === 401 ||
    (status === 403 && speaksOfCredentials(text)) ||
    (isVague && !context.begun && speaksOfKey(text))
  ) {
    return ["model_credentials", badCredentials(context)];
  }
  if (status === 403 && speaksOfModeration(text)) return ["model_rejected", rejected(context)];
  if (status === 403) return ["model_denied", denied(context)];
  if (status === 429) return ["model_throttled", throttled(context)];
  if (speaksOfOutputLimit(text) && status !== 413) return ["model_rejected", outputLimit(context)];
  if (status === 413 || speaksOfWindow(text)) return ["model_rejected", tooLong(context)];
  if (status === undefined && speaksOfOverload(text)) return ["model_throttled", throttled(context)];
  if (isWrongAddress(status, text, context)) return ["model_address", wrongAddress(context)];
  if (status === 410 || isUnknownModel(status, text)) {
    return ["model_rejected", unknownModel(context)];
  }
  return isRefusal(status) ? ["model_rejected", rejected(context)] : null;
}

function isUnknownModel(status: number | undefined, text: string): boolean {
  if (status === 404) return !speaksOfFiles(text);
  return (status === undefined || status === 400) && speaksOfUnknownModel(text);
}

/** Whether the same request would be refused again. The excluded 4xx statuses are temporary. */
function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && ![408, 409, 424, 425, 429].includes(status);
}

/** Whether the base URL is wrong, rather than the model: errors about unknown models name the model. */
function isWrongAddress(status: number | undefined, text: string, { service }: ModelErrorContext): boolean {
  if (service.kind !== "server") return false;
  if (speaksOfUnknownModel(text)) return false;
  if (status === 404) return !speaksOfFiles(text);
  return status === 405 || ((status === undefined || status === 400) && speaksOfWrongAddress(text));
}

const NO_CREDENTIALS =
  "No AWS credentials were found: give the server a role that may use Bedrock, set AWS_PROFILE or the AWS access keys, or sign in again if your session has expired (aws sso login).";

const TRY_AGAIN = (begun: boolean) =>
  begun ? "What it wrote is saved. Continue it or try again." : "Try again.";

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

/** The base URL without its secret parts: it may contain a password, or a key in its query. */
function address(baseUrl: string): string {
  const url = new URL(baseUrl);
  return `${url.origin}${url.pathname.replace(/\/$/, "")}`;
}

function wrongAddress({ service, model }: ModelErrorContext): string {
  const base = address(service.baseUrl ?? "");
  const hasVersion = /\/v\d+[a-z]*(\/|$)/.test(base);
  const hint = hasVersion
    ? "Correct OPENAI_COMPATIBLE_BASE_URL"
    : `OPENAI_COMPATIBLE_BASE_URL usually ends in /v1, as in ${base}/v1`;
  return `The model server has nothing at ${base}/chat/completions, where it was asked for ${model}. ${hint}.`;
}

function noCredit({ service, modelName }: ModelErrorContext): string {
  const account = service.kind === "bedrock" ? "The AWS account" : "The account at the model server";
  return `${account} has no credit for ${modelName}: add credit or a way to pay there, or choose another model.`;
}

function tooLong({ modelName }: ModelErrorContext): string {
  return `This conversation is too long for ${modelName}. Start a new one, shorten the message, or choose a model that takes more.`;
}

function outputLimit({ modelName }: ModelErrorContext): string {
  return `${modelName} does not write answers as long as MAX_OUTPUT_TOKENS allows: set a lower one, or maxOutputTokens for this model in MODELS.`;
}

function misconfigured({ service, modelName }: ModelErrorContext): string {
  return service.kind === "bedrock"
    ? `No request for ${modelName} could be made: the AWS credentials or BEDROCK_BASE_URL hold a character that does not belong there.`
    : `No request for ${modelName} could be made: OPENAI_COMPATIBLE_API_KEY or OPENAI_COMPATIBLE_BASE_URL holds a character that does not belong there.`;
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

function rejected({ modelName }: ModelErrorContext): string {
  return `${modelName} did not accept the request. Change the message or the instructions, or choose another model.`;
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
