import { ExpectedError } from "~/conversation/expected-error";
import type { HostPolicy } from "./host-policy";

/** Values of `Sec-Fetch-Site` for requests of the app's own pages and for addresses that a person typed. */
const OWN_SITES: ReadonlySet<string> = new Set(["same-origin", "none"]);

/**
 * Refuses requests that a page of another site has made in a person's browser (Fetch Metadata), including other
 * subdomains of the same domain: the app's page requests only its own origin. Without TLS browsers send no
 * `Sec-Fetch-Site`; then the `Origin` of requests other than GET and HEAD is checked. Other programs send neither.
 * @throws ExpectedError `cross_site_request`
 */
export function requireOwnSite(request: Request, hosts: Pick<HostPolicy, "isOwnOrigin">): void {
  const { headers, method } = request;
  const site = headers.get("Sec-Fetch-Site");
  if (site !== null && !OWN_SITES.has(site.trim().toLowerCase())) throw refused();
  const origin = headers.get("Origin");
  const isRead = method === "GET" || method === "HEAD";
  if (site !== null || isRead || origin === null) return;
  const sentTo = {
    host: headers.get("Host") ?? "",
    "x-forwarded-host": headers.get("X-Forwarded-Host") ?? undefined,
  };
  if (!hosts.isOwnOrigin(origin, sentTo)) throw refused();
}

function refused(): ExpectedError {
  return new ExpectedError("cross_site_request", "This request came from another website.");
}
