import type { IncomingMessage, ServerResponse } from "node:http";

type Refusal = {
  status: 400 | 405 | 429;
  code: "bad_request" | "method_not_allowed" | "too_many_requests";
  message: string;
};

/** What fetch's Request cannot stand for. */
const IMPOSSIBLE_METHODS: ReadonlySet<string> = new Set(["TRACE", "TRACK", "CONNECT"]);
const HOST = /^(?:[\w.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * Answers what Remix would fail on with a 500 or a stack in the log, though it is the sender's doing, before it gets
 * there: hosts, origins and methods of which it can make no Request, and forms for pages, which have none.
 * @returns whether it was answered
 */
export function refuseRequest(request: IncomingMessage, response: ServerResponse): boolean {
  const refusal = refusalOf(request);
  if (refusal) answer(request, response, refusal);
  return refusal !== null;
}

const OVERLOAD_PAUSE_SECONDS = 5;

/** Answers an address that has more requests open than one may. */
export function refuseOverload(request: IncomingMessage, response: ServerResponse): void {
  refuseForNow(request, response, "Too many requests are open from your network.", OVERLOAD_PAUSE_SECONDS);
}

/** Answers an address that has read more than one may in a minute. */
export function refuseRead(request: IncomingMessage, response: ServerResponse, seconds: number): void {
  refuseForNow(request, response, "Too much is being read from your network.", seconds);
}

function refuseForNow(request: IncomingMessage, response: ServerResponse, message: string, seconds: number) {
  const details = { retryAfterSeconds: seconds };
  response.setHeader("Retry-After", String(seconds));
  answer(request, response, { status: 429, code: "too_many_requests", message }, details);
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code, message }: Refusal,
  details: Readonly<Record<string, number>> = {},
) {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify({ error: { code, message, ...details } }));
  // So that a sender that goes on hears it, and its bytes are not taken for the next request.
  request.resume();
}

function refusalOf({ method = "GET", url = "/", headers }: IncomingMessage): Refusal | null {
  const bad = (message: string): Refusal => ({ status: 400, code: "bad_request", message });
  const forwarded = headers["x-forwarded-host"];
  const { host = "", origin } = headers;
  if (!HOST.test(host)) return bad("The Host header names no host.");
  if (forwarded !== undefined && !HOST.test(String(forwarded).split(",")[0]!.trim())) {
    return bad("The X-Forwarded-Host header names no host.");
  }
  // Remix puts the two together, and a port may be too large.
  if (!URL.canParse(`http://${host}${url}`)) return bad("This is no address.");
  if (origin !== undefined && origin !== "null" && !URL.canParse(origin)) {
    return bad("The Origin header names no origin.");
  }
  const { pathname, searchParams } = new URL(`http://${host}${url}`);
  if (searchParams.has("_data")) return bad("There is no data at this address.");
  const isRead = method === "GET" || method === "HEAD";
  // Remix takes whatever is not GET for a form there, HEAD too.
  const isMisplaced = pathname.endsWith(".data")
    ? method !== "GET"
    : !isRead && !pathname.startsWith("/api/");
  if (IMPOSSIBLE_METHODS.has(method) || isMisplaced) {
    return { status: 405, code: "method_not_allowed", message: "This address takes GET only." };
  }
  return null;
}
