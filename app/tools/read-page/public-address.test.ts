import { expect, test } from "vitest";
import { isPublicAddress } from "./public-address";

test.each([
  ...["93.184.216.34", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "223.255.255.255"],
  ...["2606:2800:220:1:248:1893:25c8:1946", "2a00:1450:4001::1"],
])("%s is public", (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  ["this machine", ["127.0.0.1", "127.8.8.8", "0.0.0.0", "::1", "::"]],
  ["own networks", ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1"]],
  ["links", ["169.254.1.1", "fe80::1", "fe80::1%eth0", "fec0::1"]],
  [
    "metadata of clouds",
    ["169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192"],
  ],
  ["a service of Azure", ["168.63.129.16"]],
  ["carriers", ["100.64.0.1", "100.127.255.255"]],
  ["groups", ["224.0.0.1", "239.1.1.1", "255.255.255.255", "ff02::1"]],
  [
    "documentation and tests",
    ["192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
  ],
  ["IPv4 within IPv6", ["::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::ffff:0:127.0.0.1"]],
  [
    "IPv4 behind translators",
    ["64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1"],
  ],
  ["no address", ["", "example.org", "1.2.3", "2606::1%eth0"]],
])("addresses of %s are not public", (_, addresses) => {
  expect(addresses.filter((address) => isPublicAddress(address))).toEqual([]);
});
