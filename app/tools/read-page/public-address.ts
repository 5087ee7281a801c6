import { BlockList, isIPv4 } from "node:net";

/** Networks that are not the public internet, by IANA's registries of special addresses. */
const SPECIAL_V4 = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
  ...["192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"],
  ...["192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
  ...["224.0.0.0/4", "240.0.0.0/4"],
  // Azure's service for its virtual machines, at an address that looks public.
  "168.63.129.16/32",
];
/** Within 2000::/3. Among them are 6to4 and Teredo, which lead to IPv4 addresses. */
const SPECIAL_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"];
/** All public addresses of IPv6. Outside are ::1, mapped IPv4, NAT64, and local and multicast addresses. */
const GLOBAL_V6 = "2000::/3";

const special = blockList([...SPECIAL_V4, ...SPECIAL_V6]);
const global = blockList([GLOBAL_V6]);

/** Whether an IP address is one of the public internet: of no own network, machine or cloud. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, "ipv4");
  // With a zone it is a local one.
  return !address.includes("%") && global.check(address, "ipv6") && !special.check(address, "ipv6");
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    list.addSubnet(address, Number(prefix), isIPv4(address) ? "ipv4" : "ipv6");
  }
  return list;
}
