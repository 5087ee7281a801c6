import { APICallError, JSONParseError, RetryError, StreamProviderError, TypeValidationError } from "ai";

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
    return { ...failure, status: last.statusCode, text: `${String(last.type ?? last.code)} ${last.message}` };
  }
  return failure;
}

/** The error without what was sent and received: it ends up in logs, and a conversation must not. */
export function withoutBodies(error: unknown): unknown {
  const last = lastOf(error);
  // Their messages quote what did not parse, which may be the answer.
  if (JSONParseError.isInstance(last) || TypeValidationError.isInstance(last)) {
    return Object.assign(new Error("What came was not in the form of the protocol."), { name: last.name });
  }
  if (!APICallError.isInstance(last) && !StreamProviderError.isInstance(last)) return last;
  return Object.assign(new Error(last.message, last.cause === undefined ? {} : { cause: last.cause }), {
    name: last.name,
    ...(last.statusCode !== undefined && { statusCode: last.statusCode }),
    ...(APICallError.isInstance(last) && { requestId: last.responseHeaders?.["x-amzn-requestid"] }),
  });
}

/** Of several tries, the last one. */
function lastOf(error: unknown): unknown {
  return RetryError.isInstance(error) ? lastOf(error.lastError) : error;
}
