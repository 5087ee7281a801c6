import type { z } from "zod";
import { ExpectedError } from "~/conversation/expected-error";
import { SESSION_ID_PATTERN, sessionKey } from "~/conversation/session-id";

/**
 * The key of the session that a request is about. The id itself goes no further than here.
 * @throws ExpectedError `bad_session_id`
 */
export function requireSessionKey(request: Request): string {
  const id = request.headers.get("X-Session-Id") ?? "";
  if (!SESSION_ID_PATTERN.test(id)) {
    throw new ExpectedError(
      "bad_session_id",
      "The X-Session-Id header must hold 22 characters of base64url.",
    );
  }
  return sessionKey(id);
}

/**
 * The key of what a link or a hand-off names by a secret of its own, of the same form as a session id.
 * @throws ExpectedError `bad_request`
 */
export function requireSecretKey(request: Request, header: "X-Share-Id"): string {
  const id = request.headers.get(header) ?? "";
  if (!SESSION_ID_PATTERN.test(id)) {
    throw new ExpectedError("bad_request", `The ${header} header must hold 22 characters of base64url.`);
  }
  return sessionKey(id);
}

/**
 * A request's JSON body, parsed by schema. Reads no more than `maxBytes`.
 * @throws ExpectedError `unsupported_media_type`, `body_too_large`, `bad_request`
 */
export async function readJson<T>(request: Request, schema: z.ZodType<T>, maxBytes: number): Promise<T> {
  const type = request.headers.get("Content-Type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new ExpectedError("unsupported_media_type", "The Content-Type must be application/json.");
  }
  const bytes = await readBytes(request, maxBytes);
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
    throw new ExpectedError(
      "bad_request",
      `The body does not fit${at ? ` at ${at}` : ""}: ${issue?.message}.`,
    );
  }
  return result.data;
}

/** Bytes of an unwanted body that are read to keep its connection usable, and its sender listening. */
const MAX_DISCARDED_BYTES = 16 * 1024 * 1024;

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytesOf(request)) {
    length += chunk.byteLength;
    if (length <= maxBytes) chunks.push(chunk);
    else chunks.length = 0;
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
 * Reads what a handler has left of a body. An unread body would be taken for the next request on the same
 * connection, and a sender that is cut off in the middle never reads the answer.
 */
export async function discardBody(request: Request): Promise<void> {
  if (request.bodyUsed) return;
  let length = 0;
  for await (const chunk of bytesOf(request)) {
    length += chunk.byteLength;
    if (length > MAX_DISCARDED_BYTES) break;
  }
}

/** A body's bytes. Leaving early does not cancel it: that would destroy the connection, answer and all. */
async function* bytesOf(request: Request): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader();
  for (;;) {
    const next = await reader?.read();
    if (!next || next.done) return;
    yield next.value;
  }
}
