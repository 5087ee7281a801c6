import { expect, test } from "vitest";
import {
  segmentName,
  formatMembershipLine,
  parseMembershipLine,
  parseSegmentName,
  parseProbeName,
} from "./membership-line";

const KEY = "ab".repeat(32);

test("a segment's file name contains its instance and number", () => {
  const segment = { name: "web-1", boot: "x7", segment: 12 };
  expect(segmentName(segment)).toBe("web-1.x7.12.ndjson");
  expect(parseSegmentName("web-1.x7.12.ndjson")).toEqual(segment);
});

test.each([
  "web-1.x7.ndjson",
  "web-1.x7.0.ndjson",
  "a.b.1.probe",
  ".nfs0001",
  "..",
  "a.b.c.1.ndjson",
  "a.b.1e3.ndjson",
])("the file name %s is not a segment's", (name) => expect(parseSegmentName(name)).toBeNull());

test("a probe file's name contains its instance", () => {
  expect(parseProbeName("web-1.x7.probe")).toBe("web-1.x7");
  expect(parseProbeName("web-1.x7.probe-link")).toBe("web-1.x7");
  expect(parseProbeName("web-1.x7.1.ndjson")).toBeNull();
});

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
