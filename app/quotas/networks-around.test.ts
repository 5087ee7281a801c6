import { expect, test } from "vitest";
import { customerNetwork } from "./networks-around";

test("the networks of one IPv6 customer share their turns, and those of another do not", () => {
  const ofCustomer = ["2001:db8:1:a200::/64", "2001:db8:1:a2ff::/64", "2001:db8:1:a27::/64"];
  expect(new Set(ofCustomer.slice(0, 2).map(customerNetwork)).size).toBe(1);
  expect(customerNetwork(ofCustomer[2]!)).not.toBe(customerNetwork(ofCustomer[0]!));
});

test.each(["192.0.2.1", "local", "unknown", ""])("the address %j has its own turns", (address) => {
  expect(customerNetwork(address)).toBe(address);
});
