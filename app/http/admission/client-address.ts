import { isIPv4, isIPv6 } from "node:net";
import type { IncomingMessage } from "node:http";

/** Request header that this server sets, overwriting a value from the client. */
const CLIENT_ADDRESS_HEADER = "x-client-address";

/** Address of a program on this machine that is not a proxy. It has no limits. */
export const LOCAL_ADDRESS = "local";

/** Headers by which a forwarded request is recognised. */
const PROXY_HEADERS = ["x-forwarded-for", "forwarded", "x-real-ip", "via"] as const;

/**
 * The client's address, in the form in which addresses are compared: IPv4 as it is, IPv6 as its /64, the network of one
 * customer. `LOCAL_ADDRESS` for this machine, unless the request was forwarded by a proxy on it.
 * @param trustedHops number of trusted proxies. Each appends its peer to `X-Forwarded-For`, so the client's address is
 * that many entries from the end; the entries before it may be invented by the client
 */
export function clientAddress(
  request: Pick<IncomingMessage, "headers" | "socket">,
  trustedHops: number,
): string {
  const peer = request.socket.remoteAddress ?? "";
  const isForwarded = PROXY_HEADERS.some((name) => request.headers[name] !== undefined);
  if (!isForwarded && isThisMachine(peer)) return LOCAL_ADDRESS;
  if (trustedHops === 0) return networkOf(peer);
  const forwarded = String(request.headers["x-forwarded-for"] ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  const address = withoutPort(forwarded[Math.max(0, forwarded.length - trustedHops)] ?? "");
  return networkOf(isIPv4(address) || isIPv6(address) ? address : peer);
}

/** Sets `CLIENT_ADDRESS_HEADER` on each request. Warns once of a proxy that TRUSTED_HOPS does not account for. */
export function createAddressNote({
  trustedHops,
  log,
}: AddressNoteOptions): (request: IncomingMessage) => void {
  let warned = false;
  return (request) => {
    request.headers[CLIENT_ADDRESS_HEADER] = clientAddress(request, trustedHops);
    if (trustedHops > 0 || warned || request.headers["x-forwarded-for"] === undefined) return;
    warned = true;
    log.warn(
      {},
      "a request came with X-Forwarded-For: if there is a proxy in front, set TRUSTED_HOPS, or all of its clients are one to the limits",
    );
  };
}

type AddressNoteOptions = { trustedHops: number; log: { warn(details: object, message: string): void } };

/** The client's address; null for this machine, because a tunnel or test on it may serve any client. */
export function askerAddress(request: Request): string | null {
  const address = request.headers.get(CLIENT_ADDRESS_HEADER) ?? LOCAL_ADDRESS;
  return address === LOCAL_ADDRESS ? null : address;
}

/** Some load balancers are configured to add the port: `1.2.3.4:5678`, `[2001:db8::1]:5678`. */
function withoutPort(entry: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry;
}

function isThisMachine(address: string): boolean {
  return address === "::1" || withoutMapping(address).startsWith("127.");
}

function networkOf(address: string): string {
  const plain = withoutMapping(address);
  if (isIPv4(plain)) return plain;
  return isIPv6(plain) ? `${ipv6Groups(plain).slice(0, 4).join(":")}::/64` : "unknown";
}

/** Removes the zone of a link-local address and unwraps an IPv4-mapped one. */
function withoutMapping(address: string): string {
  const [plain = ""] = address.split("%", 1);
  return /^::ffff:([\d.]+)$/i.exec(plain)?.[1] ?? plain;
}

/** The eight groups of an address, without leading zeros. */
function ipv6Groups(address: string): string[] {
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [left = "", right] = canonical.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const [before, after] = [groups(left), groups(right ?? "")];
  return [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
}
