import { currentRequest } from "~/http/admission/request-context";

/** A JSON response that may be large. Remix writes it at once, whether the client reads or not, so it counts as held. */
export function wholeJson(value: unknown, headers: Record<string, string>, status = 200): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  currentRequest().hold(bytes.byteLength);
  currentRequest().countRead(bytes.byteLength);
  return new Response(bytes, { status, headers: { "Content-Type": "application/json", ...headers } });
}
