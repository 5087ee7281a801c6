import { describe, expect, test } from "vitest";
import { newestLeafUnder, versionsById } from "./versions";

/** `u1 ← a1`, an edit `u2`, and two answers to it, of which the first has a follow-up. */
const messages = [
  { id: "u1", parentId: null, role: "user" },
  { id: "a1", parentId: "u1", role: "assistant" },
  { id: "u2", parentId: null, role: "user" },
  { id: "a2", parentId: "u2", role: "assistant" },
  { id: "u3", parentId: "a2", role: "user" },
  { id: "a3", parentId: "u2", role: "assistant" },
] as const;

describe("versions", () => {
  test("versions are the messages with the same parent and role, oldest first", () => {
    const versions = versionsById(messages);
    expect(versions.get("u1")).toEqual({ ids: ["u1", "u2"], index: 0 });
    expect(versions.get("u2")).toEqual({ ids: ["u1", "u2"], index: 1 });
    expect(versions.get("a3")).toEqual({ ids: ["a2", "a3"], index: 1 });
    expect(versions.get("a1")).toEqual({ ids: ["a1"], index: 0 });
  });

  test("a version is shown with the newest leaf under it", () => {
    expect(newestLeafUnder(messages, "u1")).toBe("a1");
    expect(newestLeafUnder(messages, "u2")).toBe("a3");
    expect(newestLeafUnder(messages, "a2")).toBe("u3");
    expect(newestLeafUnder(messages, "u3")).toBe("u3");
  });

  test("the newest leaf of a tree with a cycle is found", () => {
    const circle = [
      { id: "x", parentId: "y", role: "user" },
      { id: "y", parentId: "x", role: "assistant" },
    ] as const;
    expect(["x", "y"]).toContain(newestLeafUnder(circle, "x"));
  });
});
