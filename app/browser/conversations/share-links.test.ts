import { expect, test } from "vitest";
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

test("the links made in this browser are found by their conversation, until they are revoked", () => {
  const { links, values } = open();
  links.keep(A, ONE);
  links.keep(A, ONE);
  links.keep(A, TWO);
  expect(open(values).links.find(A)).toEqual([ONE, TWO]);
  expect(links.find(B)).toEqual([]);
  links.drop(ONE);
  expect(links.find(A)).toEqual([TWO]);
});

test("only the links of a deleted conversation are removed", () => {
  const { links, values } = open();
  links.keep(A, ONE);
  links.keep(B, TWO);
  links.dropAll(A);
  expect(links.find(A)).toEqual([]);
  links.dropAll(B);
  expect(values.size).toBe(0);
});

test.each(["{oops", "7", '[null, {"conversationId": 1, "shareId": "../etc"}]'])("%s is no link", (text) => {
  const { links } = open(new Map([["holdfast.shares", text]]));
  expect(links.find(A)).toEqual([]);
});
