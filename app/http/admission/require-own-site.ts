import { ExpectedError } from "~/conversation/expected-error";
import type { HostPolicy } from "./host-policy";

/** What a browser says of a request that a page of ours has made, or that a person has typed. */
const OWN_SITES: ReadonlySet<string> = new Set(["same-origin", "none"]);

/**
 * Refuses what a page of another site has had a person's browser send (Fetch Metadata), sites beside us under the
 * same domain included: our own page asks its own origin only. Browsers leave the header out where there is no TLS;
 * there a change is told by its `Origin`. Programs that are no browsers send neither.
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
  return new ExpectedError("cross_site_request", "This came from a page of another site.");
}
