/** A network that an address belongs to, and how many times the tries of one address all of it has together. */
export type Network = { network: string; times: number };

/**
 * An address and the networks around it that one customer may have whole: providers give out IPv6 by /56 and /48,
 * so that one of them has thousands of addresses to try from; IPv4 addresses are rented by the /24.
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
