import { expect, test } from "vitest";
import { checkRoom } from "./check-room";

const hasId = (id: string) => (file: { id: string }) => file.id === id;
const present = [{ id: "a", size: 60, form: "txt", isEncrypted: false, unsentAt: null } as const];

test("a file that the session has already counts once against its limit of bytes", () => {
  const limits = { maxSessionBytes: 100, maxSessionFiles: 9 };
  expect(() => checkRoom({ hasId }, present, new Map([["a", 60]]), limits)).not.toThrow();
  expect(() => checkRoom({ hasId }, present, new Map([["b", 41]]), limits)).toThrow(/limit of/);
});

test("a file over the limit of the number of files is refused", () => {
  const limits = { maxSessionBytes: 100, maxSessionFiles: 1 };
  expect(() => checkRoom({ hasId }, present, new Map([["b", 1]]), limits)).toThrow(/limit of/);
});
