import { expect, test } from "vitest";
import {
  groupSegments,
  parseProbeName,
  parseSegmentName,
  segmentName,
  splitInstance,
} from "./instance-segments";

test("a segment's file name contains its instance and number", () => {
  expect(segmentName("web-1.x7", 12)).toBe("web-1.x7.12.ndjson");
  expect(parseSegmentName("web-1.x7.12.ndjson")).toEqual({ instance: "web-1.x7", segment: 12 });
  expect(splitInstance("web-1.x7")).toEqual({ name: "web-1", boot: "x7" });
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

test("the segments of each instance are in the order of their numbers", () => {
  const names = ["a.b1.10.ndjson", "a.b2.1.ndjson", "a.b1.9.ndjson", ".nfs0001", "a.b1.probe"];
  expect([...groupSegments(names)]).toEqual([
    ["a.b1", [9, 10]],
    ["a.b2", [1]],
  ]);
});
