import type { IncomingMessage, ServerResponse } from "node:http";
import type { ErrorCode } from "~/conversation/expected-error";
import { statusOf } from "~/http/error-response";
import type { HostPolicy } from "./host-policy";
import { isHealthCheck } from "~/http/remix/request-route";
import { isTooLong, parseTarget } from "./request-target";

/** `allow`: the methods that the address takes, where it does not take that of the request. */
type Refusal = { code: ErrorCode; message: string; allow?: string };

/** Methods that reach routes. Fetch's Request throws for some others, and Remix answers them in a form of its own. */
const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const HOST = /^(?:[\w.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
/** Host of a health check, which may have none in HTTP/1.0. */
const NO_NAME = "localhost";

/**
 * Brings a request into the form that routes expect: an absolute target becomes a path, and its host the request's host
 * (RFC 9112, section 3.2.2). A health check is accepted for any host name or none.
 */
export function normalizeRequest(request: IncomingMessage): void {
  const { headers } = request;
  const target = parseTarget(request.url ?? "/");
  if (target.kind === "address" && target.host !== null) {
    request.url = target.path + target.search;
    headers.host = target.host;
  }
  if (isHealthCheck(request.url ?? "")) {
    headers.host = NO_NAME;
    delete headers["x-forwarded-host"];
    delete headers.origin;
  }
}

/**
 * Answers invalid requests before Remix would answer them with a 500 or log a stack: hosts, origins, addresses and
 * methods that fetch's Request rejects, addresses that are slow to match, and form posts to pages. Also requests for
 * other host names.
 * @returns whether the request was answered
 */
export function refuseRequest(
  request: IncomingMessage,
  response: ServerResponse,
  hosts: HostPolicy,
): boolean {
  if (request.url === "*" && request.method === "OPTIONS") {
    response.writeHead(204, { Allow: METHODS.join(", ") }).end();
    request.resume();
    return true;
  }
  const refusal = refusalOf(request, hosts);
  if (refusal) answer(request, response, refusal);
  // Remix reads a port from it, and without a trusted proxy it is the client's.
  if (!refusal && hosts.ignoresForwarded) delete request.headers["x-forwarded-host"];
  return refusal !== null;
}

const OVERLOAD_PAUSE_SECONDS = 5;

/** Answers a request of an address with too many open requests. */
export function refuseOverload(request: IncomingMessage, response: ServerResponse): void {
  refuseForNow(request, response, "Too many requests are open from your network.", OVERLOAD_PAUSE_SECONDS);
}

/** Answers a request of an address that has spent its bytes of this minute. @param seconds until the next minute */
export function refuseRead(request: IncomingMessage, response: ServerResponse, seconds: number): void {
  refuseForNow(request, response, "Too much is being read from your network.", seconds);
}

function refuseForNow(request: IncomingMessage, response: ServerResponse, message: string, seconds: number) {
  const details = { retryAfterSeconds: seconds };
  response.setHeader("Retry-After", String(seconds));
  answer(request, response, { code: "too_many_requests", message }, details);
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { code, message, allow }: Refusal,
  details: Readonly<Record<string, number>> = {},
) {
  if (allow !== undefined) response.setHeader("Allow", allow);
  response.writeHead(statusOf(code), { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify({ error: { code, message, ...details } }));
  // Reads the body, so that its sender reads the response and its bytes are not parsed as the next request.
  request.resume();
}

const bad = (message: string): Refusal => ({ code: "bad_request", message });

function refusalOf(request: IncomingMessage, hosts: HostPolicy): Refusal | null {
  const { method = "GET", url = "/", headers } = request;
  const target = parseTarget(url);
  if (target.kind !== "address") return bad("This is no address.");
  const { path, search } = target;
  return (
    hostRefusal(headers) ??
    addressRefusal(`http://${headers.host ?? ""}${url}`, target) ??
    methodRefusal(method, path) ??
    (new URLSearchParams(search).has("_data") ? bad("There is no data at this address.") : null) ??
    (hosts.isOurs(headers) ? null : foreignHost())
  );
}

function hostRefusal({ host = "", origin, ...headers }: IncomingMessage["headers"]): Refusal | null {
  const forwarded = headers["x-forwarded-host"];
  if (!HOST.test(host)) return bad("The Host header names no host.");
  // URL.canParse also rejects ports that are too large.
  const isHost = (value: string) => HOST.test(value) && URL.canParse(`http://${value}/`);
  if (
    forwarded !== undefined &&
    !String(forwarded)
      .split(",")
      .every((value) => isHost(value.trim()))
  ) {
    return bad("The X-Forwarded-Host header names no host.");
  }
  if (origin !== undefined && origin !== "null" && !URL.canParse(origin)) {
    return bad("The Origin header names no origin.");
  }
  return null;
}

function addressRefusal(url: string, target: { path: string; search: string }): Refusal | null {
  const tooLong = isTooLong(target);
  if (tooLong === "search") return bad("What follows the question mark is too long.");
  // /__manifest is Remix's route discovery, which is switched off.
  if (tooLong === "path" || target.path === "/__manifest") {
    return { code: "not_found", message: "There is nothing at this address." };
  }
  // Host and target may be valid alone and not together, for example where the port is too large.
  return URL.canParse(url) ? null : bad("This is no address.");
}

function methodRefusal(method: string, path: string): Refusal | null {
  const isRead = method === "GET" || method === "HEAD";
  // HAProxy's default health check is OPTIONS.
  const isCheck = method === "OPTIONS" && isHealthCheck(path);
  // Under .data, Remix parses every method but GET as a form post, also HEAD.
  const code = "method_not_allowed";
  if (!METHODS.includes(method))
    return { code, message: "No address takes this method.", allow: METHODS.join(", ") };
  const isData = path.endsWith(".data");
  const isMisplaced = isData ? method !== "GET" : !isRead && !isCheck && !path.startsWith("/api/");
  if (!isMisplaced) return null;
  return { code, message: "This address takes GET only.", allow: isData ? "GET" : "GET, HEAD" };
}

function foreignHost(): Refusal {
  return {
    code: "host_not_allowed",
    message: "This server does not answer to the host name that you have used: see ALLOWED_HOSTS.",
  };
}
