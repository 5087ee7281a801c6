import type {
  AccessBody,
  Committed,
  ErrorBody,
  ForkBody,
  HandoffAccepted,
  HandoffBody,
  MessageAccepted,
  PatchSessionBody,
  PostMessageBody,
  RevokeShareBody,
  SessionView,
} from "~/conversation/api";
import { attachmentId, type AttachmentPart, type AttachmentView } from "~/conversation/attachment";
import type { Share } from "~/conversation/session";
import type { ShareSnapshot } from "~/conversation/share";
import { en } from "~/i18n/locales/en";
import { ApiError } from "./api-error";
import type { UploadRequest } from "./upload-request";

/** Longer than any node is silent that is well. */
const SILENT_FOR_MS = 30_000;
/** What goes out may take its time, too: 160 kbit/s. */
const SLOWEST_BYTES_PER_MS = 20;
/** A node that hangs is not waited for, where asking another one is harmless. */
const ASK_AGAIN_MS = 4_000;

export type LoadedSession =
  { kind: "session"; session: SessionView; etag: string | null } | { kind: "unchanged" } | { kind: "absent" };

/** The HTTP contract for one conversation. The session id travels in a header, never in a URL. */
export type SessionApi = {
  /** `heard` is called whenever a part of the answer has come. */
  load: (etag: string | null, signal?: AbortSignal, heard?: () => void) => Promise<LoadedSession>;
  post: (body: PostMessageBody) => Promise<MessageAccepted>;
  patch: (body: PatchSessionBody) => Promise<void>;
  /** Ends the reply with this id, and no later one however late this arrives. */
  stop: (replyId: string) => Promise<void>;
  remove: () => Promise<void>;
  /** Stores a file, once however often it is tried. A message may then name it. */
  upload: (file: OutgoingFile) => Promise<AttachmentView>;
  /** The bytes of a file, from the browser's cache where they are there. */
  download: (part: AttachmentPart, signal?: AbortSignal) => Promise<Blob>;
  /** Makes the browser's cache forget files that are not on the server any more. Never rejects. */
  forgetFiles: (parts: readonly AttachmentPart[]) => Promise<void>;
  /** The open event stream, from after the cursor. Null where there is no such session. */
  watch: (cursor: string | null, signal: AbortSignal) => Promise<Response | null>;
};

export type OutgoingFile = {
  filename: string;
  blob: Blob;
  onProgress: (bytes: number) => void;
  signal: AbortSignal;
};

/** What is done with a whole conversation. Asking again for the same is harmless. */
export type TransferApi = {
  /** Begins this conversation as another one was up to a message. */
  fork: (body: ForkBody) => Promise<Committed>;
  /** Begins this conversation with what `exportJson` wrote. */
  import: (file: string) => Promise<Committed>;
  /** Makes a link to the branch that is shown now. */
  share: (shareId: string) => Promise<Share>;
  revokeShare: (share: RevokeShareBody) => Promise<void>;
};

export type ApiClient = {
  session: (id: string) => SessionApi & TransferApi;
  /** What is behind a link. Its id, like that of a session, travels in a header. */
  readShare: (shareId: string) => Promise<ShareSnapshot>;
  /** Leaves a box for another device (seal.ts). */
  putHandoff: (handoffId: string, sealed: string) => Promise<HandoffAccepted>;
  /** Takes the box, which nobody can take again. */
  claimHandoff: (handoffId: string) => Promise<HandoffBody>;
  /** Says the access code; the browser keeps the cookie that comes back. */
  enterCode: (body: AccessBody) => Promise<void>;
  /** Has the browser forget that cookie. */
  logOut: () => Promise<void>;
};

type Dependencies = {
  fetch: typeof fetch;
  upload: UploadRequest;
  /** Told the name of the node behind every answer. */
  onNode: (name: string) => void;
  /** Told when the server asks for an access code, and when it was asked for something (`performance.now`). */
  onCodeNeeded?: (askedAt: number) => void;
};

type Call = {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** A body that is JSON already. */
  json?: string | undefined;
  signal?: AbortSignal | undefined;
  heard?: (() => void) | undefined;
  /** Nothing is kept by default: a conversation is no cache's business. */
  cache?: RequestCache;
  /** Statuses besides 2xx that are answers, not failures. */
  accept?: number[];
};

export function createApiClient({ fetch, upload, onNode, onCodeNeeded }: Dependencies): ApiClient {
  async function call(path: string, options: Call) {
    const { method = "GET", headers, json, signal, accept = [], cache = "no-store" } = options;
    const askedAt = performance.now();
    let response: Response;
    try {
      response = await fetch(path, {
        method,
        headers: { ...(json !== undefined && { "Content-Type": "application/json" }), ...headers },
        cache,
        ...(json !== undefined && { body: json }),
        ...(signal && { signal }),
      });
    } catch (cause) {
      throw unreachable(cause);
    }
    return answered(response, askedAt, accept);
  }

  async function answered(response: Response, askedAt: number, accept: number[] = []): Promise<Response> {
    const node = response.headers.get("X-Node");
    if (node) onNode(node);
    if (response.ok || accept.includes(response.status)) return response;
    const error = await toError(response);
    if (error.code === "access_code_needed") onCodeNeeded?.(askedAt);
    throw error;
  }

  /** A call whose whole answer is read, without long silence. */
  async function ask<T>(path: string, options: Call, read: (response: Response) => Promise<T>): Promise<T> {
    const { body, json = body === undefined ? undefined : JSON.stringify(body) } = options;
    const controller = new AbortController();
    const abort = () => controller.abort(options.signal?.reason);
    const wait = (ms: number) => setTimeout(() => controller.abort(new Error("No answer in time.")), ms);
    let timer = wait(SILENT_FOR_MS + (json?.length ?? 0) / SLOWEST_BYTES_PER_MS);
    const heard = () => {
      clearTimeout(timer);
      timer = wait(SILENT_FOR_MS);
      options.heard?.();
    };
    options.signal?.addEventListener("abort", abort, { once: true });
    if (options.signal?.aborted) abort();
    try {
      const response = await call(path, { ...options, json, signal: controller.signal });
      heard();
      return await read(listenedTo(response, heard));
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", abort);
    }
  }

  return {
    readShare: (shareId) =>
      ask("/api/share", { headers: { "X-Share-Id": shareId } }, (response) =>
        readJson<ShareSnapshot>(response),
      ),
    putHandoff: (handoffId, sealed) =>
      ask(
        "/api/handoffs",
        { method: "POST", headers: { "X-Handoff-Id": handoffId }, body: { sealed } },
        (response) => readJson<HandoffAccepted>(response),
      ),
    claimHandoff: (handoffId) =>
      ask("/api/handoffs/claim", { method: "POST", headers: { "X-Handoff-Id": handoffId } }, (response) =>
        readJson<HandoffBody>(response),
      ),
    enterCode: (body) => ask("/api/access", { method: "POST", body }, nothing),
    logOut: () => ask("/api/access", { method: "DELETE" }, nothing),
    session(id) {
      const headers = { "X-Session-Id": id };
      return {
        load: (etag, signal, heard) =>
          ask(
            "/api/session",
            {
              headers: etag ? { ...headers, "If-None-Match": etag } : headers,
              signal,
              heard,
              accept: [304, 404],
            },
            readSession,
          ),
        post: (body) =>
          firstOfTwo((signal) =>
            ask(
              "/api/session/messages",
              { method: "POST", headers: { ...headers, Accept: "application/json" }, body, signal },
              (response) => readJson<MessageAccepted>(response),
            ),
          ),
        patch: (body) => ask("/api/session", { method: "PATCH", headers, body }, nothing),
        stop: (replyId) =>
          firstOfTwo((signal) =>
            ask("/api/session/stop", { method: "POST", headers, body: { replyId }, signal }, nothing),
          ),
        remove: () => ask("/api/session", { method: "DELETE", headers }, nothing),
        async upload({ filename, blob, onProgress, signal }) {
          const askedAt = performance.now();
          let response: Response;
          try {
            const named = { ...headers, "X-File-Name": encodeURIComponent(filename) };
            response = await upload("/api/session/attachments", {
              headers: named,
              body: blob,
              onProgress,
              signal,
            });
          } catch (cause) {
            throw unreachable(cause);
          }
          return readJson<AttachmentView>(await answered(response, askedAt));
        },
        download: (part, signal) =>
          // Builds of before let copies be shown for a year without asking: a file may be deleted since.
          ask(filePath(part), { headers, signal, cache: "no-cache" }, (response) => response.blob()),
        async forgetFiles(parts) {
          const forget = (part: AttachmentPart) =>
            ask(filePath(part), { headers, cache: "reload", accept: [404] }, nothing);
          await Promise.allSettled(parts.map(forget));
        },
        fork: (body) =>
          ask("/api/session/fork", { method: "POST", headers, body }, (response) =>
            readJson<Committed>(response),
          ),
        import: (file) =>
          ask("/api/session/import", { method: "POST", headers, json: file }, (response) =>
            readJson<Committed>(response),
          ),
        share: (shareId) =>
          ask("/api/session/shares", { method: "POST", headers, body: { shareId } }, (response) =>
            readJson<Share>(response),
          ),
        revokeShare: (share) =>
          ask("/api/session/shares", { method: "DELETE", headers, body: share }, nothing),
        async watch(cursor, signal) {
          const response = await call("/api/session/stream?watch", {
            headers: {
              ...headers,
              Accept: "text/event-stream",
              ...(cursor && { "Last-Event-ID": cursor }),
            },
            signal,
            accept: [404],
          });
          if (response.status !== 404) return response;
          await expectSessionNotFound(response);
          return null;
        },
      };
    },
  };
}

/** The first good answer counts. Only for what may be asked twice. @throws what the first attempt throws, where both fail */
async function firstOfTwo<T>(attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const settled = new AbortController();
  const first = attempt(settled.signal);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const second = new Promise<T>((resolve, reject) => {
    timer = setTimeout(() => {
      timer = undefined;
      attempt(settled.signal).then(resolve, reject);
    }, ASK_AGAIN_MS);
    // Who fails early has not hung: the caller tries again when it is time.
    first.catch((error: unknown) => timer !== undefined && reject(error));
  });
  try {
    return await Promise.any([first, second]);
  } catch (failed) {
    throw (failed as AggregateError).errors[0];
  } finally {
    clearTimeout(timer);
    settled.abort();
  }
}

const NO_BODY: readonly number[] = [204, 205, 304];

/** The same response, which tells of every piece of its body that comes. */
function listenedTo(response: Response, heard: () => void): Response {
  // Chromium gives a body to a response that cannot have one, and takes none for it.
  if (!response.body || NO_BODY.includes(response.status)) return response;
  const pieces = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      heard();
      controller.enqueue(piece);
    },
  });
  return new Response(response.body.pipeThrough(pieces), response);
}

const filePath = (part: AttachmentPart) => `/api/session/attachments/${attachmentId(part)}`;

async function readSession(response: Response): Promise<LoadedSession> {
  if (response.status === 304) return { kind: "unchanged" };
  if (response.status === 404) {
    await expectSessionNotFound(response);
    return { kind: "absent" };
  }
  const session = await readJson<SessionView>(response);
  return { kind: "session", session, etag: response.headers.get("ETag") };
}

/** A 404 of somebody else, such as a proxy, must not pass for "there is no such conversation". */
async function expectSessionNotFound(response: Response): Promise<void> {
  const error = await toError(response);
  if (error.code !== "session_not_found") throw error;
}

const nothing = () => Promise.resolve();

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

async function toError(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as ErrorBody;
    const seconds = response.status === 429 ? Number(error.retryAfterSeconds) : NaN;
    const retryAt = seconds > 0 ? Date.now() + seconds * 1000 : null;
    return new ApiError(error.code, error.message, response.status, { retryAt });
  } catch (cause) {
    // Of whoever stands in front and knows people by other means: their sign-in has expired.
    if (response.status === 401) return new ApiError("signed_out", en.problem.signed_out, 401, { cause });
    return unreadable(response.status, cause);
  }
}

function unreachable(cause: unknown): ApiError {
  return new ApiError("unreachable", en.problem.unreachable, 0, { cause });
}

function unreadable(status: number, cause?: unknown): ApiError {
  return new ApiError("unreadable", en.problem.unreadable, status, { cause });
}
