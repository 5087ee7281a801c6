import { isKnown } from "./etag";
import { currentRequest } from "~/http/admission/request-context";

type StoredFile = { id: string; bytes: Uint8Array<ArrayBuffer>; mediaType: string };

const headersOf = (id: string) => ({
  ETag: `"${id}"`,
  // The content of an id never changes, but it may be deleted: caches must revalidate before they use a copy.
  "Cache-Control": "private, no-cache",
  // Whether the file may be read depends on the session.
  Vary: "X-Session-Id",
  "Content-Security-Policy": "sandbox; default-src 'none'",
});

/**
 * The response with a person's file. A browser must never run its content as part of this site, so it is sent as a
 * download, with sandbox and nosniff.
 */
export function fileResponse({ id, bytes, mediaType }: StoredFile): Response {
  // Remix writes the whole response at once, whether the client reads or not.
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

/** The response that confirms a cache's copy. */
export function fileNotModified(id: string): Response {
  return new Response(null, { status: 304, headers: headersOf(id) });
}

/** Whether a cache has the file with this id. */
export function cacheHasFile(request: Request, id: string): boolean {
  return isKnown(request.headers.get("If-None-Match"), `"${id}"`);
}
