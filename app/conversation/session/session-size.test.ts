import { expect, it } from "vitest";
import { MAX_MESSAGES, MAX_SESSION_BYTES, MAX_SESSION_LENGTH } from "~/conversation/limits";
import { requireRoom, sessionSize } from "./session-size";
import type { UserMessage } from "./session";

const message = (id: string, length: number, letter = "x"): UserMessage => ({
  id,
  parentId: null,
  role: "user",
  parts: [{ type: "text", text: letter.repeat(length) }],
  metadata: { createdAt: "2026-01-01T00:00:00.000Z" },
});

it("the size of a session is that of its messages as JSON", () => {
  const messages = [message("a", 10), message("b", 1_000)];
  const { length } = messages.map((each) => JSON.stringify(each)).join("");
  expect(sessionSize(messages)).toEqual({ length, bytes: length });
  expect(sessionSize([...messages, message("c", 100, "字"), message("c", 100, "я")])).toEqual({
    length: expect.any(Number) as number,
    bytes: length + 2 * JSON.stringify(message("c", 0)).length + 300 + 200,
  });
});

it("the length of a session is limited, in many messages or one", () => {
  const half = MAX_SESSION_LENGTH / 2;
  expect(() => requireRoom([message("a", half), message("b", half - 1_000)])).not.toThrow();
  for (const messages of [
    [message("a", half), message("b", half)],
    Array.from({ length: 20_000 }, (_, index) => message(String(index), 150)),
  ]) {
    expect(() => requireRoom(messages)).toThrow(expect.objectContaining({ code: "session_full" }));
  }
});

it("the bytes of a session are limited, above the length of most alphabets", () => {
  expect(() => requireRoom([message("a", MAX_SESSION_LENGTH - 1_000, "я")])).not.toThrow();
  const third = MAX_SESSION_BYTES / 3;
  expect(() => requireRoom([message("a", third - 1_000, "字")])).not.toThrow();
  expect(() => requireRoom([message("a", third, "字")])).toThrow(
    expect.objectContaining({ code: "session_full" }),
  );
  expect(() => requireRoom([message("a", third, "字")], 1_000)).not.toThrow();
});

it("the number of messages is limited, and a session with one last answer more can be copied", () => {
  const messages = Array.from({ length: MAX_MESSAGES + 1 }, (_, index) => message(String(index), 1));
  expect(() => requireRoom(messages.slice(1))).not.toThrow();
  expect(() => requireRoom(messages)).toThrow(expect.objectContaining({ code: "session_full" }));
  expect(() => requireRoom(messages, 1_000)).not.toThrow();
  expect(() => requireRoom([...messages, message("last", 1)], 1_000)).toThrow(
    expect.objectContaining({ code: "session_full" }),
  );
});
