import { expect, test } from "vitest";
import { exponentialBackoff } from "./exponential-backoff";

test("a delay doubles with each failure, up to the longest", () => {
  expect([1, 2, 3, 4, 5_000].map((failures) => exponentialBackoff(failures, 100, 700))).toEqual([
    100, 200, 400, 700, 700,
  ]);
});
