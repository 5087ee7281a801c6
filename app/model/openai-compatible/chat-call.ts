import { APICallError } from "ai";
import type { Timer } from "~/timer";
import { adaptationFor, type Adaptation, type ChatRequest } from "./chat-parameters";
import { readChatStream } from "./chat-stream";
import { lastingStatus } from "~/model/failures/failure-words";
import { postJson, type PostedResponse, type ResponseBytes } from "./post-json";
import type { AnswerParts } from "~/model/provider";

/** Time after the finish reason in which some servers send a chunk with the usage, in milliseconds. */
const USAGE_GRACE_MS = 1_000;

/** Bytes of a refusal that are read: its reason is in the first lines. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** Largest number of changes to one request: one for each part that servers refuse. */
const MAX_ADAPTATIONS = 5;

export type ChatCallOptions = {
  url: string;
  headers: Readonly<Record<string, string>>;
  timer: Timer;
};

/**
 * Makes a function that calls a server of OpenAI's chat completions protocol. It sends a request again without a
 * parameter that the server refuses, which it remembers for the model, and reads answers in all forms that servers give
 * them.
 * @throws APICallError, by which the AI SDK's providers report failures; `isRetryable` where it may pass
 */
export function createChatCall(options: ChatCallOptions) {
  const remembered = new Map<unknown, Adaptation[]>();

  return async (original: ChatRequest, signal: AbortSignal): Promise<AnswerParts> => {
    const known = remembered.get(original.model) ?? [];
    let request = known.reduce((body, { apply }) => apply(body), original);
    const made: Adaptation[] = [];
    for (;;) {
      const response = await post(options, request, signal);
      const body = bodyOf(response, options.url);
      if (response.status >= 200 && response.status < 300) {
        const lasting = [...known, ...made.filter(({ lasts }) => lasts)];
        if (lasting.length > known.length) remembered.set(original.model, lasting);
        return readChatStream(body, { graceMs: USAGE_GRACE_MS, timer: options.timer });
      }
      const refusal = await readRefusal(body);
      const adaptation = mayAdapt(response.status, made) ? adaptationFor(refusal, request) : null;
      // A second change of the same kind means that the first one did not help.
      if (!adaptation || made.some(({ name }) => name === adaptation.name)) {
        throw refused(response, refusal, options.url);
      }
      made.push(adaptation);
      request = adaptation.apply(request);
    }
  };
}

async function post(
  { url, headers, timer }: ChatCallOptions,
  request: ChatRequest,
  signal: AbortSignal,
): Promise<PostedResponse> {
  try {
    return await postJson(url, { headers, body: JSON.stringify(request), signal, timer });
  } catch (error) {
    // A key that is no valid header would not pass.
    if (error instanceof TypeError || signal.aborted) throw error;
    const message = `Cannot connect to API: ${(error as Error).message}`;
    throw failure(url, { message, cause: error, isRetryable: true });
  }
}

function mayAdapt(status: number, made: readonly Adaptation[]): boolean {
  return made.length < MAX_ADAPTATIONS && (status === 400 || status === 422 || status >= 500);
}

async function readRefusal(body: ResponseBytes): Promise<string> {
  const pieces: Uint8Array[] = [];
  let left = MAX_REFUSAL_BYTES;
  while (left > 0) {
    const some = await body.read();
    if (some === null) break;
    pieces.push(some.subarray(0, left));
    left -= some.length;
  }
  body.cancel();
  return new TextDecoder().decode(Buffer.concat(pieces));
}

/** The body, whose failures say that there was a response. */
function bodyOf({ status, body }: PostedResponse, url: string): ResponseBytes {
  return {
    ...body,
    async read() {
      try {
        return await body.read();
      } catch (cause) {
        throw failure(url, { message: "Failed to process successful response", cause, statusCode: status });
      }
    },
  };
}

function refused({ status, statusText, headers }: PostedResponse, text: string, url: string): APICallError {
  return failure(url, {
    message: messageIn(text) ?? statusText,
    // A redirect that is not followed leads to where the address should have been.
    statusCode: isRedirect(status) ? 404 : lastingStatus(status, text),
    responseHeaders: headers,
    responseBody: text,
  });
}

const isRedirect = (status: number) => status >= 300 && status < 400;

/** The message of a refusal in OpenAI's form. */
function messageIn(text: string): string | null {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } | null };
    return typeof error?.message === "string" ? error.message : null;
  } catch {
    return null;
  }
}

/** Without the request, which holds the conversation. */
function failure(
  url: string,
  details: Omit<ConstructorParameters<typeof APICallError>[0], "url" | "requestBodyValues">,
): APICallError {
  return new APICallError({ url, requestBodyValues: {}, ...details });
}
