import { expect, it } from "vitest";
import { formatCursor, parseCursor } from "~/conversation/reply/cursor";
import { newId, SESSION_ID_PATTERN } from "./session-id";

it("new ids have the form of session ids, and are unique", () => {
  const ids = Array.from({ length: 500 }, newId);
  expect(ids.every((id) => SESSION_ID_PATTERN.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
});

it("a cursor is parsed as it was formatted, and other text is null", () => {
  const cursor = { replyId: "r-_1", epoch: 2, seq: 345 };
  expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
  for (const text of ["", "r.1", "r.1.x", "r.1.2.3", "../x.1.2", "r.-1.2"])
    expect(parseCursor(text)).toBeNull();
});
