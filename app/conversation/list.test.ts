import { expect, it } from "vitest";
import { z } from "zod";
import { list } from "./list";

const seen: unknown[] = [];
const element = z.unknown().refine((value) => seen.push(value) && value !== "wrong", "it is wrong");
const parse = (schema: z.ZodType, value: unknown) => {
  seen.length = 0;
  const issues = z.strictObject({ inner: schema }).safeParse({ inner: value }).error?.issues ?? [];
  return issues.map(({ path, message }) => [path.join("."), message]);
};

it("a list has its parsed elements", () => {
  expect(list(z.string().transform((text) => text.length)).parse(["a", "bc"])).toEqual([1, 2]);
});

it("a list stops at its first damaged element, and names its place", () => {
  expect(parse(list(element), ["right", "wrong", "wrong", "right"])).toEqual([["inner.1", "it is wrong"]]);
  expect(seen).toEqual(["right", "wrong"]);
});

it("a list with elements of a later version before a damaged one is damaged", () => {
  const known = list(z.strictObject({ a: z.enum(["one", "two"]) }));
  const [later, damaged] = [{ a: "three" }, { a: 7 }];
  const places = (value: unknown) => parse(known, value).map(([place]) => place);
  expect(places([{ a: "one" }, later, later])).toEqual(["inner.1.a"]);
  expect(places([later, { a: "one" }, damaged, damaged])).toEqual(["inner.0.a", "inner.2.a"]);
});

it("a list stops after a number of elements of a later version", () => {
  let checks = 0;
  const counted = z.preprocess((value) => (checks++, value), z.strictObject({}));
  parse(
    list(counted),
    Array.from({ length: 10_000 }, () => ({ a: 1 })),
  );
  expect(checks).toBeLessThan(100);
});

it("a list names the place within the damaged element", () => {
  expect(parse(list(z.strictObject({ a: list(element) })), [{ a: ["right"] }, { a: ["wrong"] }])).toEqual([
    ["inner.1.a.0", "it is wrong"],
  ]);
});

it("a list of a wrong length is not parsed", () => {
  const short = list(element, z.array(z.unknown()).max(1, "it is too long"));
  expect(parse(short, ["wrong", "wrong"])).toEqual([["inner", "it is too long"]]);
  expect(seen).toEqual([]);
});
