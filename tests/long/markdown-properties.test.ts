import { expect, test } from "vitest";
import * as properties from "~/components/markdown/markdown-properties";

test.each(Object.entries(properties))("%s", { timeout: 600_000 }, (_, holds) => {
  expect(() => holds(3_000)).not.toThrow();
});
