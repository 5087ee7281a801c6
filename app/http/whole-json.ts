import { currentRequest } from "~/http/admission/request-context";

/** A response that may be large. Remix writes it at once, whatever the client has read, so it is counted as held. */
export function wholeJson(value: unknown, headers: Record<string, string>): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  currentRequest().hold(bytes.byteLength);
  currentRequest().countRead(bytes.byteLength);
  return new Response(bytes, { headers: { "Content-Type": "application/json", ...headers } });
}
