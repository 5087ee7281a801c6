import type { z } from "zod";
import { MAX_FILENAME_LENGTH } from "~/conversation/files/attachment";
import { ExpectedError } from "~/conversation/expected-error";
import { hashSessionId } from "~/conversation/session/session-hash";
import { SESSION_ID_PATTERN } from "~/conversation/session/session-id";
import { currentRequest } from "~/http/admission/request-context";
import { requireModestJson } from "~/http/admission/require-modest-json";

/**
 * The hash of the session id in a request. Other code sees only the hash.
 * @throws ExpectedError `bad_session_id`
 */
export function requireSessionHash(request: Request): string {
  const id = request.headers.get("X-Session-Id") ?? "";
  if (!SESSION_ID_PATTERN.test(id)) {
    throw new ExpectedError(
      "bad_session_id",
      "The X-Session-Id header must hold 22 characters of base64url.",
    );
  }
  return hashSessionId(id);
}

/**
 * The hash of the secret of a share link, a handoff or a keyring, which has the form of a session id.
 * @throws ExpectedError `bad_request`
 */
export function requireSecretKey(
  request: Request,
  header: "X-Share-Id" | "X-Handoff-Id" | "X-Keyring-Id",
): string {
  const id = request.headers.get(header) ?? "";
  if (!SESSION_ID_PATTERN.test(id)) {
    throw new ExpectedError("bad_request", `The ${header} header must hold 22 characters of base64url.`);
  }
  return hashSessionId(id);
}

/** The last segment of a request's path, which names what it is about. */
export function lastSegment(request: Request): string {
  return new URL(request.url).pathname.split("/").at(-1)!;
}

/** Whether a request has a body, which may come in chunks of which no length is known (RFC 9112, section 6.3). */
export function hasBody({ headers }: Request): boolean {
  return headers.has("Transfer-Encoding") || Number(headers.get("Content-Length") ?? 0) > 0;
}

/** JSON values in a body. All requests but an import have far fewer. */
const MAX_VALUES = 2_000;
/** Characters. The error of a schema may be as long as the body. */
const MAX_MESSAGE_LENGTH = 200;

/**
 * Reads a request's JSON body and parses it by schema.
 * @param maxBytes size of the body
 * @param maxValues JSON values in the body; more could take much more memory than their bytes
 * @throws ExpectedError `unsupported_media_type`, `body_too_large`, `bad_request`
 */
export async function readJson<T>(
  request: Request,
  schema: z.ZodType<T>,
  maxBytes: number,
  maxValues = MAX_VALUES,
): Promise<T> {
  const type = request.headers.get("Content-Type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new ExpectedError("unsupported_media_type", "The Content-Type must be application/json.");
  }
  const bytes = await readBytes(request, maxBytes);
  await currentRequest().turn();
  requireModestJson(bytes, maxValues);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new ExpectedError("bad_request", "The body is not JSON in UTF-8.");
  }
  const result = schema.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    const at = issue?.path.join(".");
    const message = `The body does not fit${at ? ` at ${at}` : ""}: ${issue?.message}.`;
    throw new ExpectedError("bad_request", message.slice(0, MAX_MESSAGE_LENGTH).toWellFormed());
  }
  return result.data;
}

/** Bytes of a refused body that are read so that its sender reads the response and the connection stays usable. */
const MAX_DISCARDED_BYTES = 16 * 1024 * 1024;

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const context = currentRequest();
  const body = bytesOf(request);
  for (;;) {
    const next = await body.next().catch(throwCutOff);
    if (next.done) break;
    length += next.value.byteLength;
    if (length <= maxBytes) {
      chunks.push(next.value);
      context.hold(next.value.byteLength);
    } else chunks.length = 0;
    if (length > Math.max(maxBytes, MAX_DISCARDED_BYTES)) break;
  }
  if (length <= maxBytes) return Buffer.concat(chunks);
  throw new ExpectedError(
    "body_too_large",
    `This is too long: the limit is ${Math.floor(maxBytes / 1024)} KiB.`,
    {
      details: { maxBytes },
    },
  );
}

/**
 * A request's body, piece by piece. When the consumer stops early, the rest is read and discarded, so that the sender
 * reads the response.
 * @param maxBytes size of the body
 * @param tooLarge makes the error for a larger one
 * @throws the error of `tooLarge`, at once where Content-Length exceeds the limit; ExpectedError `bad_request` where
 * the connection was cut
 */
export function streamBody(
  request: Request,
  maxBytes: number,
  tooLarge: (maxBytes: number) => Error,
): AsyncIterable<Uint8Array> {
  if (Number(request.headers.get("Content-Length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return pieces();

  async function* pieces(): AsyncGenerator<Uint8Array> {
    const body = bytesOf(request);
    let length = 0;
    try {
      for (;;) {
        const next = await body.next().catch(throwCutOff);
        if (next.done) return;
        length += next.value.byteLength;
        if (length > maxBytes) throw tooLarge(maxBytes);
        yield next.value;
      }
    } finally {
      await discard(body, length).catch(() => undefined);
    }
  }
}

function throwCutOff(cause: unknown): never {
  throw new ExpectedError("bad_request", "The connection was cut before all had arrived.", { cause });
}

/** Characters removed from file names: controls, and marks that change the direction of the text. */
const HIDDEN = /[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/**
 * The name of the file in a request's body: the last segment of the path in `X-File-Name`, which is percent-encoded.
 * @throws ExpectedError `bad_request`
 */
export function requireFilename(request: Request): string {
  let name: string;
  try {
    name = decodeURIComponent(request.headers.get("X-File-Name") ?? "");
  } catch {
    name = "";
  }
  const last = name.split(/[/\\]/).at(-1)!.replace(HIDDEN, "").trim();
  if (last === "" || last.length > MAX_FILENAME_LENGTH) {
    throw new ExpectedError(
      "bad_request",
      `The X-File-Name header must hold a percent-encoded name of 1 to ${MAX_FILENAME_LENGTH} characters.`,
    );
  }
  return last;
}

/**
 * Reads the rest of a body that a handler has not read. An unread body would be parsed as the next request on the
 * connection, and a sender that is cut off while it sends never reads the response.
 */
export async function discardBody(request: Request): Promise<void> {
  if (!request.bodyUsed) await discard(bytesOf(request), 0);
}

async function discard(bytes: AsyncGenerator<Uint8Array>, alreadyRead: number): Promise<void> {
  let length = alreadyRead;
  for await (const chunk of bytes) {
    length += chunk.byteLength;
    if (length > MAX_DISCARDED_BYTES) break;
  }
}

/** A body's bytes. Stopping early does not cancel the body: that would destroy the connection before the response. */
async function* bytesOf(request: Request): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader();
  for (;;) {
    const next = await reader?.read();
    if (!next || next.done) return;
    yield next.value;
  }
}
