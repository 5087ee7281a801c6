import type {
  Committed,
  DecisionBody,
  ForkBody,
  MoveBody,
  MessageAccepted,
  PatchSessionBody,
  PostMessageBody,
  QueueEditBody,
  RevokeShareBody,
  ShareBody,
  SessionView,
} from "~/conversation/api";
import { attachmentId, type AttachmentPart, type AttachmentView } from "~/conversation/files/attachment";
import type { Share } from "~/conversation/session/session";
import type { PageClock } from "~/browser/page/page-clock";
import { firstOfTwo } from "./following/first-of-two";
import { toError, unreachable, type HttpClient } from "./http-client";
import type { UploadRequest } from "./sending/upload-request";

export type LoadedSession =
  { kind: "session"; session: SessionView; etag: string | null } | { kind: "unchanged" } | { kind: "absent" };

/**
 * The HTTP contract for one session. The session id travels in a header, never in a URL. All functions reject with an
 * ApiError, or with the reason of their signal.
 */
export type SessionApi = {
  /** `onActivity` is called whenever a part of the answer arrives. */
  load: (etag: string | null, signal?: AbortSignal, onActivity?: () => void) => Promise<LoadedSession>;
  post: (body: PostMessageBody) => Promise<MessageAccepted>;
  patch: (body: PatchSessionBody) => Promise<void>;
  /** Stops the reply with this id, and no later one, however late the request arrives. */
  stop: (replyId: string) => Promise<void>;
  /** Changes or moves a waiting message. */
  editQueued: (id: string, edit: QueueEditBody) => Promise<void>;
  /** Removes a waiting message. Repeating it is harmless. */
  removeQueued: (id: string) => Promise<void>;
  /** Lets a paused queue go on. */
  resumeQueue: () => Promise<void>;
  /** Stores a decision about a call of a tool. Repeating it is harmless. */
  decide: (decision: DecisionBody) => Promise<void>;
  remove: () => Promise<void>;
  /** Stores a file, so that a message may refer to it. Repeating it stores nothing more. */
  upload: (file: OutgoingFile) => Promise<AttachmentView>;
  /** The bytes of a file, from the browser's cache if they are there. */
  download: (part: AttachmentPart, signal?: AbortSignal) => Promise<Blob>;
  /** Drops files from the browser's cache that are no longer on the server. Never rejects. */
  forgetFiles: (parts: readonly AttachmentPart[]) => Promise<void>;
  /** The open event stream, from after the cursor. Null if there is no such session. */
  watch: (cursor: string | null, signal: AbortSignal) => Promise<Response | null>;
};

export type OutgoingFile = {
  filename: string;
  blob: Blob;
  /** Called with the number of bytes sent so far. */
  onProgress: (bytes: number) => void;
  signal: AbortSignal;
};

/** Requests that concern a whole session. Repeating one is harmless. */
export type TransferApi = {
  /** Begins this session as a copy of another one up to a message. */
  fork: (body: ForkBody) => Promise<Committed>;
  /** Makes this the new id of a session. */
  move: (body: MoveBody) => Promise<Committed>;
  /** Begins this session with the contents of a file written by `exportJson`. */
  import: (file: string, signal?: AbortSignal) => Promise<Committed>;
  /** Makes a link to the branch that is shown now. */
  share: (share: ShareBody) => Promise<Share>;
  revokeShare: (share: RevokeShareBody) => Promise<void>;
  /** Notes of a temporary session that its tab was closed, also from a page that is being closed; or only reloaded. */
  noteTab: (isClosed: boolean) => Promise<void>;
};

type Dependencies = { http: HttpClient; upload: UploadRequest; clock: PageClock };

export function createSessionApi(dependencies: Dependencies, id: string): SessionApi & TransferApi {
  const { http, clock } = dependencies;
  const headers = { "X-Session-Id": id };
  const posted = <T>(
    path: string,
    body: Pick<Parameters<HttpClient["ask"]>[1], "body" | "json" | "signal">,
  ) => http.ask(path, { method: "POST", headers, ...body }, (response) => http.readJson<T>(response));
  return {
    ...createFileApi(dependencies, headers),
    load(etag, signal, onActivity) {
      const conditional = etag ? { ...headers, "If-None-Match": etag } : headers;
      const options = { headers: conditional, signal, onActivity, accept: [304, 404] };
      return http.ask("/api/session", options, (response) => readSession(http, clock, response));
    },
    post: (body) =>
      firstOfTwo(clock, (signal) =>
        http.ask(
          "/api/session/messages",
          { method: "POST", headers: { ...headers, Accept: "application/json" }, body, signal },
          (response) => http.readJson<MessageAccepted>(response),
        ),
      ),
    patch: (body) => http.ask("/api/session", { method: "PATCH", headers, body }, ignoreBody),
    stop: (replyId) =>
      firstOfTwo(clock, (signal) =>
        http.ask("/api/session/stop", { method: "POST", headers, body: { replyId }, signal }, ignoreBody),
      ),
    editQueued: (queuedId, body) =>
      http.ask(`/api/session/queue/${queuedId}`, { method: "PATCH", headers, body }, ignoreBody),
    removeQueued: (queuedId) =>
      http.ask(`/api/session/queue/${queuedId}`, { method: "DELETE", headers }, ignoreBody),
    resumeQueue: () =>
      http.ask("/api/session/queue", { method: "POST", headers, body: { resume: true } }, ignoreBody),
    decide: (body) => http.ask("/api/session/decisions", { method: "POST", headers, body }, ignoreBody),
    noteTab: (isClosed) =>
      http.ask(
        "/api/session/temporary",
        { method: "POST", headers, body: { isClosed }, keepalive: isClosed },
        ignoreBody,
      ),
    remove: () => http.ask("/api/session", { method: "DELETE", headers }, ignoreBody),
    fork: (body) => posted<Committed>("/api/session/fork", { body }),
    move: (body) => posted<Committed>("/api/session/move", { body }),
    import: (file, signal) => posted<Committed>("/api/session/import", { json: file, signal }),
    share: (share) => posted<Share>("/api/session/shares", { body: share }),
    revokeShare: (share) =>
      http.ask("/api/session/shares", { method: "DELETE", headers, body: share }, ignoreBody),
    async watch(cursor, signal) {
      const accepted = { ...headers, Accept: "text/event-stream" };
      const response = await http.call("/api/session/stream?watch", {
        headers: { ...accepted, ...(cursor && { "Last-Event-ID": cursor }) },
        signal,
        accept: [404],
      });
      if (response.status !== 404) return response;
      await expectSessionNotFound(response, clock);
      return null;
    },
  };
}

function createFileApi(
  { http, upload, clock }: Dependencies,
  headers: Record<string, string>,
): Pick<SessionApi, "upload" | "download" | "forgetFiles"> {
  const filePath = (part: AttachmentPart) => `/api/session/attachments/${attachmentId(part)}`;
  return {
    async upload({ filename, blob, onProgress, signal }) {
      const askedAt = clock.monotonic();
      let response: Response;
      try {
        const named = { ...headers, "X-File-Name": encodeURIComponent(filename) };
        const options = { headers: named, body: blob, onProgress, signal };
        response = await upload("/api/session/attachments", options);
      } catch (cause) {
        throw unreachable(cause);
      }
      return http.readJson<AttachmentView>(await http.checked(response, askedAt));
    },
    download: (part, signal) =>
      // Revalidated: servers of earlier versions allowed copies to be used for a year, but files can be deleted.
      http.ask(filePath(part), { headers, signal, cache: "no-cache" }, (response) => response.blob()),
    async forgetFiles(parts) {
      const forget = (part: AttachmentPart) =>
        http.ask(filePath(part), { headers, cache: "reload", accept: [404] }, ignoreBody);
      await Promise.allSettled(parts.map(forget));
    },
  };
}

async function readSession(http: HttpClient, clock: PageClock, response: Response): Promise<LoadedSession> {
  if (response.status === 304) return { kind: "unchanged" };
  if (response.status === 404) {
    await expectSessionNotFound(response, clock);
    return { kind: "absent" };
  }
  const session = await http.readJson<SessionView>(response);
  return { kind: "session", session, etag: response.headers.get("ETag") };
}

/** A 404 of a proxy does not mean that the session does not exist. */
async function expectSessionNotFound(response: Response, clock: PageClock): Promise<void> {
  const error = await toError(response, clock.now);
  if (error.code !== "session_not_found") throw error;
}

export const ignoreBody = () => Promise.resolve();
