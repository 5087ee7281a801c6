import { isIPv4, isIPv6 } from "node:net";
import type { IncomingMessage } from "node:http";

/** Set on every request by this server, whatever the client sent under the name. */
export const CLIENT_ADDRESS_HEADER = "x-client-address";

/** Of a program on this machine that speaks for itself: it is held to no limit. */
export const LOCAL_ADDRESS = "local";

/** What a proxy adds to a request that it hands on. */
const PROXY_HEADERS = ["x-forwarded-for", "forwarded", "x-real-ip", "via"] as const;

/**
 * From where a request comes. Each proxy that we trust has added whom it heard from to the end of
 * `X-Forwarded-For`, so the client is as many places from there as there are proxies. What stands before that the
 * client may have made up. In the form in which addresses are compared: IPv4 as it is, IPv6 by the network of one
 * customer, its /64. `LOCAL_ADDRESS` for this machine itself, but not for a proxy on it, which speaks for anybody.
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

/** Notes on each request, as it begins, where it comes from. */
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

/** The address of who sent a request; null for this machine, behind which anybody may be. */
export function askerAddress(request: Request): string | null {
  const address = request.headers.get(CLIENT_ADDRESS_HEADER) ?? LOCAL_ADDRESS;
  return address === LOCAL_ADDRESS ? null : address;
}

/** Load balancers can be told to add the port: `1.2.3.4:5678`, `[2001:db8::1]:5678`. */
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

/** Without the zone of a link, and IPv4 as such where it is written as IPv6. */
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
