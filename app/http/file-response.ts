import { currentExchange } from "./exchanges";

type StoredFile = { id: string; bytes: Uint8Array<ArrayBuffer>; mediaType: string };

/**
 * A person's file. Whatever is in it, a browser must not run it as a part of this site: it is never shown as a page
 * of its own, its type is not guessed, and nothing in it may load or run anything.
 */
export function fileResponse(request: Request, { id, bytes, mediaType }: StoredFile): Response {
  const etag = `"${id}"`;
  const headers = {
    ETag: etag,
    // What is under a hash never changes. But another session's id is another question.
    "Cache-Control": "private, max-age=31536000, immutable",
    Vary: "X-Session-Id",
    "Content-Security-Policy": "sandbox; default-src 'none'",
  };
  if (request.headers.get("If-None-Match") === etag) return new Response(null, { status: 304, headers });
  // Remix writes it at once, whatever the client has read.
  currentExchange().hold(bytes.byteLength);
  currentExchange().countRead(bytes.byteLength);
  return new Response(bytes, {
    headers: {
      ...headers,
      "Content-Type": mediaType.startsWith("text/") ? `${mediaType}; charset=utf-8` : mediaType,
      "Content-Length": String(bytes.byteLength),
      "Content-Disposition": "attachment",
    },
  });
}
