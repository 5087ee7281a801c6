import { APICallError, JSONParseError, StreamProviderError, TypeValidationError } from "ai";
import {
  speaksOfCredentials,
  speaksOfCredit,
  speaksOfFiles,
  speaksOfInvalidRequest,
  speaksOfTools,
  speaksOfUnknownModel,
  speaksOfWindow,
} from "./failure-words";

/** A failed model call, in one form for all providers. */
export type ModelFailure = {
  /** HTTP status, or the status that corresponds to an error in the stream. */
  status: number | undefined;
  /** The service's error name and message, for classification by wording; never shown. */
  text: string;
  /** There was no response. */
  unreached: boolean;
  stalled: boolean;
  noCredentials: boolean;
  /** The configured key or address cannot be used in a request. */
  misconfigured: boolean;
};

/** The reason of a call that the stall watch has ended. */
export function stallReason(seconds: number): Error {
  return new DOMException(`The model said nothing for ${String(seconds)} s.`, "TimeoutError");
}

/** The error of a stream that ended without a finish reason. */
export function unfinishedReason(): Error {
  return new Error("The stream ended without the model saying that it had finished.");
}

/** Wraps a failure of the credential chain, whose errors have no common class. */
export function credentialsReason(cause: unknown): Error {
  return Object.assign(new Error("The AWS credential chain gave none.", { cause }), {
    name: "CredentialsProviderError",
  });
}

/** An error in the stream: some providers of the AI SDK report it as a plain object. */
export function streamFailure(reported: unknown): unknown {
  if (reported instanceof Error) return reported;
  const { message, type, code, statusCode } = Object(reported) as Partial<StreamProviderError>;
  return new StreamProviderError({
    message: typeof message === "string" ? message : "",
    ...(typeof type === "string" && { type }),
    ...((typeof code === "string" || typeof code === "number") && { code }),
    ...(typeof statusCode === "number" && { statusCode }),
  });
}

export function readFailure(error: unknown): ModelFailure {
  const failure: ModelFailure = {
    status: undefined,
    text: error instanceof Error ? error.message : "",
    unreached: false,
    stalled: error instanceof Error && error.name === "TimeoutError",
    noCredentials: error instanceof Error && error.name === "CredentialsProviderError",
    misconfigured: isInvalidRequest(error),
  };
  if (APICallError.isInstance(error)) {
    return {
      ...failure,
      status: error.statusCode,
      text: `${error.responseHeaders?.["x-amzn-errortype"] ?? ""} ${error.message} ${error.responseBody ?? ""}`,
      unreached: error.statusCode === undefined,
    };
  }
  if (StreamProviderError.isInstance(error)) {
    const { statusCode: status, type = "", code = "", message } = error;
    return { ...failure, status, text: `${type} ${String(code)} ${message}` };
  }
  return failure;
}

/** Whether the service has refused the credentials, which may have been renewed meanwhile. */
export function mayBeCredentials(error: unknown): boolean {
  const { status, text } = readFailure(error);
  return status === 401 || (status === 403 && speaksOfCredentials(text));
}

/** Whether the request was refused for its length. */
export function isTooLong(error: unknown): boolean {
  const { status, text } = readFailure(error);
  return status === 413 || speaksOfWindow(text);
}

/**
 * Whether the files of a request may be the reason for its refusal, so that a request without them is worth a try. Most
 * refusals do not give the reason; those with another known reason are excluded.
 */
export function mayBeFiles(error: unknown): boolean {
  const { status, text } = readFailure(error);
  if (speaksOfCredit(text) || status === 401 || status === 402 || status === 403 || status === 429)
    return false;
  if (status === 413) return true;
  if (status === 400 || status === 422) return !speaksOfUnknownModel(text);
  return status !== undefined || StreamProviderError.isInstance(error) ? speaksOfFiles(text) : false;
}

/** Whether the model takes no tools. */
export function mayBeTools(error: unknown): boolean {
  const { status = 0, text } = readFailure(error);
  return (status === 400 || status === 422 || status >= 500) && speaksOfTools(text);
}

/** The error without request and response bodies: errors are logged, conversations must not be. */
export function withoutBodies(error: unknown): unknown {
  // Their messages quote the text that did not parse, which may be part of the answer.
  if (JSONParseError.isInstance(error) || TypeValidationError.isInstance(error)) {
    return Object.assign(new Error("The response did not follow the protocol."), { name: error.name });
  }
  if (isInvalidRequest(error)) return new Error("The key or the address of the model server is not valid.");
  if (!APICallError.isInstance(error) && !StreamProviderError.isInstance(error)) return error;
  const cause: unknown = isInvalidRequest(error.cause) ? undefined : error.cause;
  return Object.assign(new Error(error.message, cause === undefined ? {} : { cause }), {
    name: error.name,
    ...(error.statusCode !== undefined && { statusCode: error.statusCode }),
    ...(APICallError.isInstance(error) && { requestId: error.responseHeaders?.["x-amzn-requestid"] }),
  });
}

/**
 * Whether `fetch` refused to make the request. Its messages and those of its causes quote the refused value: a header
 * with the key, or an address with a password.
 */
function isInvalidRequest(error: unknown): boolean {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth++) {
    const isRefusal = each instanceof TypeError || (each as { code?: unknown }).code === "ERR_INVALID_CHAR";
    if (isRefusal && speaksOfInvalidRequest(each.message)) return true;
  }
  return false;
}
