import { APICallError, JSONParseError, RetryError, StreamProviderError, TypeValidationError } from "ai";
import {
  speaksOfCredentials,
  speaksOfCredit,
  speaksOfFiles,
  speaksOfInvalidRequest,
  speaksOfUnknownModel,
  speaksOfWindow,
} from "./failure-words";

/** What is known of a failed call to a model, whoever reported it and however. */
export type ModelFailure = {
  /** HTTP status, or what an error frame in the stream amounts to. */
  status: number | undefined;
  /** The service's name for the error and its message, to look for words in; never shown. */
  text: string;
  /** No answer came at all. */
  unreached: boolean;
  stalled: boolean;
  noCredentials: boolean;
  /** The key or the address that is configured is none that a request can be made with. */
  misconfigured: boolean;
};

/** Why a call was ended by the watch over silent models. */
export function stallReason(seconds: number): Error {
  return new DOMException(`The model said nothing for ${String(seconds)} s.`, "TimeoutError");
}

/** Why a call that finished without a word of its end has failed. */
export function unfinishedReason(): Error {
  return new Error("The stream ended without the model saying that it had finished.");
}

/** Marks any failure of the credential chain, whose errors have many classes and no common one. */
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

/** Whether the service has refused the credentials, which may have been renewed since they were read. */
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
 * Whether the files of a request may be why it was refused. Most refusals do not say, and a request without files
 * is no worse than none; but nothing is asked again that is refused for another reason.
 */
export function mayBeFiles(error: unknown): boolean {
  const { status, text } = readFailure(error);
  if (speaksOfCredit(text) || status === 401 || status === 402 || status === 403 || status === 429)
    return false;
  if (status === 413) return true;
  if (status === 400 || status === 422) return !speaksOfUnknownModel(text);
  return status !== undefined || StreamProviderError.isInstance(lastOf(error)) ? speaksOfFiles(text) : false;
}

/** The error without what was sent and received: it ends up in logs, and a conversation must not. */
export function withoutBodies(error: unknown): unknown {
  const last = lastOf(error);
  // Their messages quote what did not parse, which may be the answer.
  if (JSONParseError.isInstance(last) || TypeValidationError.isInstance(last)) {
    return Object.assign(new Error("What came was not in the form of the protocol."), { name: last.name });
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
 * Whether `fetch` refused to make the request. Its messages and those of its causes quote what they refuse: a
 * header with the key in it, or an address with a password.
 */
function isInvalidRequest(error: unknown): boolean {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth++) {
    const isRefusal = each instanceof TypeError || (each as { code?: unknown }).code === "ERR_INVALID_CHAR";
    if (isRefusal && speaksOfInvalidRequest(each.message)) return true;
  }
  return false;
}

/** Of several tries, the last one. */
function lastOf(error: unknown): unknown {
  return RetryError.isInstance(error) ? lastOf(error.lastError) : error;
}
