import type { ErrorBody } from "~/conversation/api";
import { enFirst } from "~/i18n/locales/en-first";
import type { PageClock } from "~/browser/page/page-clock";
import { ApiError } from "./api-error";

/** A server that sends nothing for this long is given up, in milliseconds; healthy nodes are never silent for so long. */
const SILENCE_MS = 30_000;
/** Slowest upload that is waited for, in bytes per millisecond: 160 kbit/s. */
const SLOWEST_UPLOAD = 20;

export type HttpClientDependencies = {
  fetch: typeof fetch;
  clock: PageClock;
  /** Called with the name of the node behind each answer. */
  onNode: (name: string) => void;
  /** Called with the `Date` header of each answer. */
  onDate?: (date: string | null) => void;
  /** Called when the server asks for an access code, with the time of the request (`clock.monotonic`). */
  onCodeNeeded?: (askedAt: number) => void;
};

export type Call = {
  method?: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, in place of `body`: text that is already JSON. */
  json?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Called whenever a part of the answer arrives. */
  onActivity?: (() => void) | undefined;
  /** Whether the request outlives the page. */
  keepalive?: boolean;
  /** Default `no-store`: conversations are not to be found in the browser's cache. */
  cache?: RequestCache;
  /** Statuses besides 2xx that are answers, not failures. */
  accept?: number[];
};

/** Requests to the server. All of them reject with an ApiError, or with the reason of their signal. */
export type HttpClient = {
  /** Resolves with the head of the answer; for streams. */
  call: (path: string, options: Call) => Promise<Response>;
  /** Resolves with the whole answer as read by `read`. Rejects if the server is silent for too long. */
  ask: <T>(path: string, options: Call, read: (response: Response) => Promise<T>) => Promise<T>;
  /** The answer to a request made by other means at `askedAt` (`clock.monotonic`). */
  checked: (response: Response, askedAt: number, accept?: number[]) => Promise<Response>;
  /** @throws ApiError `unreadable` for an answer that is not a JSON object */
  readJson: <T>(response: Response) => Promise<T>;
};

export function createHttpClient(dependencies: HttpClientDependencies): HttpClient {
  const { fetch, clock, onNode, onDate, onCodeNeeded } = dependencies;

  async function call(path: string, options: Call) {
    const { method = "GET", headers, json, signal, accept = [], cache = "no-store" } = options;
    const { keepalive = false } = options;
    const askedAt = clock.monotonic();
    let response: Response;
    try {
      response = await fetch(path, {
        method,
        headers: { ...(json !== undefined && { "Content-Type": "application/json" }), ...headers },
        cache,
        // The API redirects nothing. A proxy does, to its sign-in page, which a request cannot show.
        redirect: "manual",
        ...(keepalive && { keepalive }),
        ...(json !== undefined && { body: json }),
        ...(signal && { signal }),
      });
    } catch (cause) {
      throw unreachable(cause);
    }
    return checked(response, askedAt, accept);
  }

  async function checked(response: Response, askedAt: number, accept: number[] = []): Promise<Response> {
    const node = response.headers.get("X-Node");
    if (node) onNode(node);
    onDate?.(response.headers.get("Date"));
    if (response.ok || accept.includes(response.status)) return response;
    if (isRedirect(response)) throw signedOut();
    const error = await toError(response, clock.now);
    if (error.code === "access_code_needed") onCodeNeeded?.(askedAt);
    throw error;
  }

  async function ask<T>(path: string, options: Call, read: (response: Response) => Promise<T>): Promise<T> {
    const { body, json = body === undefined ? undefined : JSON.stringify(body) } = options;
    const controller = new AbortController();
    const abort = () => controller.abort(options.signal?.reason);
    const wait = (ms: number) => clock.after(ms, () => controller.abort(new Error("No answer in time.")));
    let cancel = wait(SILENCE_MS + (json?.length ?? 0) / SLOWEST_UPLOAD);
    const onActivity = () => {
      cancel();
      cancel = wait(SILENCE_MS);
      options.onActivity?.();
    };
    options.signal?.addEventListener("abort", abort, { once: true });
    if (options.signal?.aborted) abort();
    try {
      const response = await call(path, { ...options, json, signal: controller.signal });
      onActivity();
      return await read(observed(response, onActivity));
    } finally {
      cancel();
      options.signal?.removeEventListener("abort", abort);
    }
  }

  return { call, ask, checked, readJson };
}

const NO_BODY: readonly number[] = [204, 205, 304];

/** The same response, which calls `onActivity` for each part of its body that arrives. */
function observed(response: Response, onActivity: () => void): Response {
  // Chromium gives a body to responses that cannot have one, and does not accept one for them.
  if (!response.body || NO_BODY.includes(response.status)) return response;
  const parts = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, controller) {
      onActivity();
      controller.enqueue(part);
    },
  });
  return new Response(response.body.pipeThrough(parts), response);
}

async function readJson<T>(response: Response): Promise<T> {
  let value: unknown;
  try {
    value = await response.json();
  } catch (cause) {
    throw cause instanceof SyntaxError ? unreadable(response.status, cause) : unreachable(cause);
  }
  if (typeof value !== "object" || value === null) throw unreadable(response.status);
  return value as T;
}

/** @param now milliseconds since 1970 */
export async function toError(response: Response, now: () => number): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as ErrorBody;
    const seconds = response.status === 429 ? Number(error.retryAfterSeconds) : NaN;
    const retryAt = seconds > 0 ? now() + seconds * 1000 : null;
    return new ApiError(error.code, error.message, response.status, { retryAt });
  } catch (cause) {
    // A proxy in front of the server authenticates people by other means, and the sign-in has expired.
    if (response.status === 401) return signedOut(cause);
    return unreadable(response.status, cause);
  }
}

/** A redirect that was not followed. Its status is 0 in browsers. */
function isRedirect({ type, status }: Response): boolean {
  return type === "opaqueredirect" || [301, 302, 303, 307, 308].includes(status);
}

function signedOut(cause?: unknown): ApiError {
  return new ApiError("signed_out", enFirst.problem.signed_out, 401, { cause });
}

/** No answer: the network failed, or the server did. */
export function unreachable(cause: unknown): ApiError {
  return new ApiError("unreachable", enFirst.problem.unreachable, 0, { cause });
}

function unreadable(status: number, cause?: unknown): ApiError {
  return new ApiError("unreadable", enFirst.problem.unreadable, status, { cause });
}
