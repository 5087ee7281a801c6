import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { hashSessionId } from "./session-hash";
import { newId } from "./session-id";

test("a session hash is the SHA-256 of the id, as Node computes it", () => {
  const id = newId();
  expect(hashSessionId(id)).toBe(createHash("sha256").update(id).digest("hex"));
});
