type HostHeaders = { host?: string | undefined; "x-forwarded-host"?: string | string[] | undefined };

/** Which host names a server answers to. */
export type HostPolicy = {
  /** Whether `X-Forwarded-Host` is ignored, because any client may set it. */
  ignoresForwarded: boolean;
  /** Whether a request was sent to one of the server's host names. */
  isOurs(headers: HostHeaders): boolean;
  /** Whether an origin is the host that the request was sent to, or a listed one. */
  isOwnOrigin(origin: string, headers: HostHeaders): boolean;
};

export type HostPolicyOptions = {
  /** The server listens on this machine's loopback only. */
  isLoopback: boolean;
  /** Names from `ALLOWED_HOSTS`, in lower case; `*.` at the beginning stands for any subdomain. */
  allowed: readonly string[];
  /** Number of trusted proxies. With none, `X-Forwarded-Host` is ignored. */
  trustedHops: number;
};

/**
 * Protects against DNS rebinding: a page of another site whose name resolves to this server's address has the same
 * origin to the browser, and only the name in `Host` distinguishes it from this app. A server on loopback accepts
 * loopback's names, which no page of another site can have, and listed names. Any other server accepts all names, or,
 * with a list, listed names and loopback's. A forwarded host is checked in addition to `Host`: a proxy that does not set
 * the header passes on the client's.
 */
export function createHostPolicy({ isLoopback, allowed, trustedHops }: HostPolicyOptions): HostPolicy {
  const takesAny = allowed.length === 0 && !isLoopback;

  function namesIn({ host = "", "x-forwarded-host": forwarded }: HostHeaders): (string | null)[] {
    if (trustedHops === 0 || forwarded === undefined) return [hostName(host)];
    const entries = String(forwarded).split(",");
    return [hostName(host), hostName(entries[Math.max(0, entries.length - trustedHops)]!)];
  }

  const isListed = (name: string) =>
    allowed.some((entry) => (entry.startsWith("*.") ? name.endsWith(entry.slice(1)) : name === entry));

  return {
    ignoresForwarded: trustedHops === 0,
    isOurs: (headers) =>
      takesAny || namesIn(headers).every((name) => name !== null && (isLoopbackName(name) || isListed(name))),
    isOwnOrigin(origin, headers) {
      const name = URL.canParse(origin) ? hostName(new URL(origin).host) : null;
      return name !== null && (namesIn(headers).includes(name) || isListed(name));
    },
  };
}

/**
 * The name in a `Host` header without its port, in the form in which names are compared: lower case, no trailing dot,
 * addresses as URL parsers write them. Null where the header has no valid name.
 */
export function hostName(host: string): string | null {
  const url = `http://${host.trim()}/`;
  if (!URL.canParse(url)) return null;
  const { hostname, username, password, pathname } = new URL(url);
  if (username !== "" || password !== "" || pathname !== "/") return null;
  return hostname.replace(/\.$/, "") || null;
}

/** Names that reach no other machine: RFC 6761 reserves `localhost` and its subdomains. */
export function isLoopbackName(name: string): boolean {
  return (
    name === "localhost" ||
    name.endsWith(".localhost") ||
    /^127(\.\d{1,3}){3}$/.test(name) ||
    name === "[::1]" ||
    // 127.0.0.0/8 written as IPv6.
    /^\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\]$/.test(name)
  );
}
