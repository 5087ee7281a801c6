import { expect, test } from "vitest";
import { formatDate, formatMoment } from "./format-date";

const today = new Date(2026, 4, 3);
const at = (...time: [number, number, number, number, number]) => new Date(...time).toISOString();

test("a moment of today is a time, an earlier one has its day, too", () => {
  expect(formatMoment(at(2026, 4, 3, 0, 0), "en-GB", today)).toBe("00:00");
  expect(formatMoment(at(2026, 4, 2, 23, 59), "en-GB", today)).toBe("2 May 2026, 23:59");
});

test("a date has its day and its time", () => {
  expect(formatDate(at(2026, 4, 3, 14, 5), "en-GB")).toBe("3 May 2026, 14:05");
});
