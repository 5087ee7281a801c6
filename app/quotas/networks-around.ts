/** A network of an address, and its limit as a multiple of the limit of one address. */
export type Network = { network: string; times: number };

/**
 * An address and the networks around it that one customer may control: providers assign IPv6 networks of /56 and /48,
 * which have thousands of addresses to try from; IPv4 addresses are rented by the /24.
 * @param address as `clientAddress` gives it: IPv4, the /64 of an IPv6 address, or a word
 */
export function networksAround(address: string): Network[] {
  const own = { network: address, times: 1 };
  const ipv4 = /^(\d+\.\d+\.\d+)\.\d+$/.exec(address);
  if (ipv4) return [own, { network: `${ipv4[1]!}.0/24`, times: 10 }];
  const ipv6 = /^([\da-f]+:[\da-f]+:[\da-f]+):([\da-f]+)::\/64$/.exec(address);
  if (!ipv6) return [own];
  const [, site, subnet] = ipv6 as unknown as [string, string, string];
  const upper = (parseInt(subnet, 16) & 0xff00).toString(16);
  return [own, { network: `${site}:${upper}::/56`, times: 3 }, { network: `${site}::/48`, times: 10 }];
}

/**
 * The network whose clients share their turns: the /56 of an IPv6 address, with whose 256 networks one customer would
 * otherwise have 256 turns for each one of another; an IPv4 address itself.
 */
export function customerNetwork(address: string): string {
  return networksAround(address).find(({ network }) => network.endsWith("/56"))?.network ?? address;
}
