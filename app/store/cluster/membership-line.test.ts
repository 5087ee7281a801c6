import { expect, test } from "vitest";
import {
  segmentName,
  formatMembershipLine,
  parseMembershipLine,
  parseSegmentName,
  parseProbeName,
} from "./membership-line";

const KEY = "ab".repeat(32);

test("a segment's name says whose it is and which", () => {
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
])("%s is no segment", (name) => expect(parseSegmentName(name)).toBeNull());

test("a left-over test file says whose it is", () => {
  expect(parseProbeName("web-1.x7.probe")).toBe("web-1.x7");
  expect(parseProbeName("web-1.x7.probe-link")).toBe("web-1.x7");
  expect(parseProbeName("web-1.x7.1.ndjson")).toBeNull();
});

test("what is formatted is parsed as the same", () => {
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

test("a line of a newer version is no damage, and means nothing", () => {
  expect(parseMembershipLine('{"mood":"good"}')).toEqual({ unknown: true });
});

test.each(["", "{", "null", "7", '"x"', "[]", "\u0000\u0000", "{}{}"])("%j is no line", (text) => {
  expect(parseMembershipLine(text)).toBeNull();
});

test("a changed key that is no key is not taken for one", () => {
  expect(parseMembershipLine('{"changed":{"constructor":1}}')).toEqual({ unknown: true });
  expect(parseMembershipLine('{"changed":{"../../etc":1}}')).toEqual({ unknown: true });
});
