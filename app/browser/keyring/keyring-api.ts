import { createParser } from "eventsource-parser";
import { fromBase64Url, toBase64Url } from "~/conversation/base64url";
import { unlessSilent } from "~/browser/chat/following/event-stream";
import { toError, type Call, type HttpClient } from "~/browser/chat/http-client";
import { ApiError } from "~/browser/chat/api-error";
import type { PageClock } from "~/browser/page/page-clock";

/** What the server has. `appended`: the bytes after those of the revision that was asked for. */
export type ReadAnswer =
  | { kind: "whole" | "appended"; rev: number; bytes: Uint8Array }
  | { kind: "unchanged" }
  | { kind: "absent" }
  | { kind: "gone" };

/** `conflict`: another revision is the newest one; nothing was stored. `full`: it would be too large. */
export type WriteAnswer =
  | { kind: "stored"; rev: number }
  | { kind: "conflict"; rev: number; bytes: Uint8Array }
  | { kind: "absent" }
  | { kind: "gone" }
  | { kind: "full" };

/** The HTTP contract for one keyring, whose id travels in a header. All functions reject with an ApiError. */
export type KeyringApi = {
  id: string;
  /** @param since the revision that is known already; null for none */
  read: (since: number | null) => Promise<ReadAnswer>;
  /** Stores the bytes as the next revision after `rev`, 0 for a new keyring. */
  put: (rev: number, bytes: Uint8Array) => Promise<WriteAnswer>;
  /** The same with the stored bytes and these, if the stored ones end with `after`; else it is a conflict. */
  append: (rev: number, bytes: Uint8Array, after: Uint8Array) => Promise<WriteAnswer>;
  remove: () => Promise<void>;
  /** Calls `onRevision` for each revision from now on. Resolves when the connection ends. */
  watch: (onRevision: (rev: number) => void, signal: AbortSignal) => Promise<void>;
};

type Body = { rev?: unknown; sealed?: unknown; appended?: unknown };

const PATH = "/api/keyring";

export function createKeyringApi(http: HttpClient, clock: PageClock, id: string): KeyringApi {
  const headers = { "X-Keyring-Id": id };

  async function write(method: "PUT" | "PATCH", rev: number, body: object): Promise<WriteAnswer> {
    const options: Call = { method, headers: { ...headers, "If-Match": `"${String(rev)}"` }, body };
    return http.ask(PATH, { ...options, accept: [404, 409, 410, 413] }, async (response) => {
      if (response.status === 413) return { kind: "full" };
      if (response.status === 404 || response.status === 410) return readMissing(response, clock);
      const answer = await http.readJson<Body>(response);
      if (response.status !== 409) return { kind: "stored", rev: revOf(answer) };
      return { kind: "conflict", rev: revOf(answer), bytes: bytesOf(answer.sealed) };
    });
  }

  return {
    id,
    read(since) {
      const path = since === null ? PATH : `${PATH}?since=${String(since)}`;
      const conditional = since === null ? {} : { "If-None-Match": `"${String(since)}"` };
      const options: Call = { headers: { ...headers, ...conditional }, accept: [304, 404, 410] };
      return http.ask(path, options, async (response): Promise<ReadAnswer> => {
        if (response.status === 304) return { kind: "unchanged" };
        if (response.status === 404 || response.status === 410) return readMissing(response, clock);
        const answer = await http.readJson<Body>(response);
        const rev = revOf(answer);
        return answer.appended === undefined
          ? { kind: "whole", rev, bytes: bytesOf(answer.sealed) }
          : { kind: "appended", rev, bytes: bytesOf(answer.appended) };
      });
    },
    put: (rev, bytes) => write("PUT", rev, { sealed: toBase64Url(bytes) }),
    append: (rev, bytes, after) =>
      write("PATCH", rev, { append: toBase64Url(bytes), after: toBase64Url(after) }),
    remove: () => http.ask(PATH, { method: "DELETE", headers, accept: [404, 410] }, () => Promise.resolve()),
    async watch(onRevision, signal) {
      const accepted = { ...headers, Accept: "text/event-stream" };
      const response = await unlessSilent(clock, () =>
        http.call(`${PATH}?watch`, { headers: accepted, signal }),
      );
      await readRevisions(response, clock, onRevision);
    },
  };
}

async function readRevisions(response: Response, clock: PageClock, onRevision: (rev: number) => void) {
  if (!response.body) return;
  const parser = createParser({
    onEvent({ data }) {
      const rev = revIn(data);
      if (rev !== null) onRevision(rev);
    },
  });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await unlessSilent(clock, () => reader.read());
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Rejects if the connection is already broken.
    reader.cancel().catch(() => undefined);
  }
}

/** Null for an event that is not about a revision. */
function revIn(data: string): number | null {
  try {
    const { rev } = Object(JSON.parse(data)) as Body;
    return typeof rev === "number" ? rev : null;
  } catch {
    return null;
  }
}

/** A 404 of a proxy does not mean that there is no keyring. */
async function readMissing(response: Response, clock: PageClock): Promise<{ kind: "absent" | "gone" }> {
  const error = await toError(response, clock.now);
  const { code } = error;
  if (code === "keyring_not_found") return { kind: "absent" };
  if (code === "keyring_gone") return { kind: "gone" };
  throw error;
}

function revOf({ rev }: Body): number {
  if (typeof rev === "number" && Number.isSafeInteger(rev) && rev > 0) return rev;
  throw unreadable();
}

function bytesOf(text: unknown): Uint8Array {
  if (typeof text !== "string") throw unreadable();
  try {
    return fromBase64Url(text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""));
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause?: unknown): ApiError {
  return new ApiError("unreadable", "The server's answer about the keyring cannot be read.", 502, { cause });
}
