import { isKnown } from "./etag";
import { currentRequest } from "~/http/admission/request-context";

type StoredFile = { id: string; bytes: Uint8Array<ArrayBuffer>; mediaType: string };

const headersOf = (id: string) => ({
  ETag: `"${id}"`,
  // What is under a hash never changes, but it may be deleted: a copy is shown only after we were asked again.
  "Cache-Control": "private, no-cache",
  // Another session's id is another question.
  Vary: "X-Session-Id",
  "Content-Security-Policy": "sandbox; default-src 'none'",
});

/**
 * A person's file. Whatever is in it, a browser must not run it as a part of this site: it is never shown as a page
 * of its own, its type is not guessed, and nothing in it may load or run anything.
 */
export function fileResponse({ id, bytes, mediaType }: StoredFile): Response {
  // Remix writes it at once, whatever the client has read.
  currentRequest().hold(bytes.byteLength);
  currentRequest().countRead(bytes.byteLength);
  return new Response(bytes, {
    headers: {
      ...headersOf(id),
      "Content-Type": mediaType.startsWith("text/") ? `${mediaType}; charset=utf-8` : mediaType,
      "Content-Length": String(bytes.byteLength),
      "Content-Disposition": "attachment",
    },
  });
}

/** Says that the copy that a cache has is still good. */
export function fileNotModified(id: string): Response {
  return new Response(null, { status: 304, headers: headersOf(id) });
}

/** Whether a cache has the file with this id. */
export function cacheHasFile(request: Request, id: string): boolean {
  return isKnown(request.headers.get("If-None-Match"), `"${id}"`);
}
