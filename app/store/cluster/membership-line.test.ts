import { expect, test } from "vitest";
import { formatMembershipLine, parseMembershipLine } from "./membership-line";

const KEY = "ab".repeat(32);

test("a formatted line is parsed to the same value", () => {
  for (const line of [
    { beat: 7 },
    { changed: { [KEY]: 3 } },
    { changed: { [KEY]: null } },
    { missed: true as const },
    { draining: true as const },
    { goodbye: true as const },
    {
      format: 1,
      name: "a",
      boot: "b",
      segment: 1,
      startedAt: "2026-01-01T00:00:00.000Z",
      succeeds: ["z"],
      draining: false,
    },
  ]) {
    const text = formatMembershipLine(line);
    expect(text.endsWith("\n")).toBe(true);
    expect(parseMembershipLine(text)).toEqual(line);
  }
});

test("a line of a newer version is parsed as unknown, not as damaged", () => {
  expect(parseMembershipLine('{"mood":"good"}')).toEqual({ unknown: true });
});

test.each(["", "{", "null", "7", '"x"', "[]", "\u0000\u0000", "{}{}"])(
  "%j is not parsed as a line",
  (text) => {
    expect(parseMembershipLine(text)).toBeNull();
  },
);

test("a change whose key is not a session hash is rejected", () => {
  expect(parseMembershipLine('{"changed":{"constructor":1}}')).toEqual({ unknown: true });
  expect(parseMembershipLine('{"changed":{"../../etc":1}}')).toEqual({ unknown: true });
});
