import { APICallError, JSONParseError, RetryError, StreamProviderError, TypeValidationError } from "ai";
import {
  speaksOfCredentials,
  speaksOfCredit,
  speaksOfFiles,
  speaksOfInvalidRequest,
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

export function readFailure(error: unknown): ModelFailure {
  const last = lastOf(error);
  const failure: ModelFailure = {
    status: undefined,
    text: last instanceof Error ? last.message : "",
    unreached: false,
    stalled: last instanceof Error && last.name === "TimeoutError",
    noCredentials: last instanceof Error && last.name === "CredentialsProviderError",
    misconfigured: isInvalidRequest(last),
  };
  if (APICallError.isInstance(last)) {
    return {
      ...failure,
      status: last.statusCode,
      text: `${last.responseHeaders?.["x-amzn-errortype"] ?? ""} ${last.message} ${last.responseBody ?? ""}`,
      unreached: last.statusCode === undefined,
    };
  }
  if (StreamProviderError.isInstance(last)) {
    const { statusCode: status, type = "", code = "", message } = last;
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
  return status !== undefined || StreamProviderError.isInstance(lastOf(error)) ? speaksOfFiles(text) : false;
}

/** The error without request and response bodies: errors are logged, conversations must not be. */
export function withoutBodies(error: unknown): unknown {
  const last = lastOf(error);
  // Their messages quote the text that did not parse, which may be part of the answer.
  if (JSONParseError.isInstance(last) || TypeValidationError.isInstance(last)) {
    return Object.assign(new Error("The response did not follow the protocol."), { name: last.name });
  }
  if (isInvalidRequest(last)) return new Error("The key or the address of the model server is not valid.");
  if (!APICallError.isInstance(last) && !StreamProviderError.isInstance(last)) return last;
  const cause: unknown = isInvalidRequest(last.cause) ? undefined : last.cause;
  return Object.assign(new Error(last.message, cause === undefined ? {} : { cause }), {
    name: last.name,
    ...(last.statusCode !== undefined && { statusCode: last.statusCode }),
    ...(APICallError.isInstance(last) && { requestId: last.responseHeaders?.["x-amzn-requestid"] }),
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

/** The error of the last attempt, where the SDK has retried. */
function lastOf(error: unknown): unknown {
  return RetryError.isInstance(error) ? lastOf(error.lastError) : error;
}
