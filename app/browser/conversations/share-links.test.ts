import { expect, test } from "vitest";
import { hashSessionId } from "~/conversation/session-id";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { createShareLinks } from "./share-links";

const [A, B, ONE, TWO] = ["a", "b", "1", "2"].map((letter) => letter.repeat(22)) as [
  string,
  string,
  string,
  string,
];

function open(values = new Map<string, string>()) {
  const storage = {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  } as Storage;
  return { links: createShareLinks(createSafeStorage(() => storage)), values };
}

test("a link made in this browser is found by its hash, until it is revoked", () => {
  const { links, values } = open();
  links.keep(A, ONE);
  links.keep(A, ONE);
  links.keep(A, TWO);
  expect(open(values).links.find(hashSessionId(ONE))).toBe(ONE);
  expect(links.find(hashSessionId(B))).toBeNull();
  links.drop(hashSessionId(ONE));
  expect(links.find(hashSessionId(ONE))).toBeNull();
  expect(links.find(hashSessionId(TWO))).toBe(TWO);
});

test("only the links of a deleted conversation are removed", () => {
  const { links, values } = open();
  links.keep(A, ONE);
  links.keep(B, TWO);
  links.dropAll(A);
  expect(links.find(hashSessionId(ONE))).toBeNull();
  links.dropAll(B);
  expect(values.size).toBe(0);
});

test.each(["{oops", "7", '[null, {"conversationId": 1, "shareId": "../etc"}]'])("%s is no link", (text) => {
  const { links } = open(new Map([["holdfast.shares", text]]));
  expect(links.find(hashSessionId(ONE))).toBeNull();
});
