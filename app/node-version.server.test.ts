import { expect, test } from "vitest";
import { nodeVersionProblem } from "./node-version.server";

test.each(["18.20.8", "20.20.2", "22.0.0", "22.12.0", "9.11.2"])(
  "Node %s cannot run the server",
  (version) => {
    expect(nodeVersionProblem(version)).toBe(`Holdfast needs Node.js 22.13 or later; this is ${version}.`);
  },
);

test.each(["22.13.0", "22.23.3", "24.0.0", "100.1.0"])("Node %s can run the server", (version) => {
  expect(nodeVersionProblem(version)).toBeNull();
});
